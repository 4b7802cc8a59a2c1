# SPDX-License-Identifier: GPL-3.0-or-later
# For examples/configs/unicorn.yaml: no listeners here, they come from the manager.
require 'json'
require 'logger'
require 'socket'

worker_processes 1
logger Logger.new($stderr, level: Logger::WARN)

# Runs in the worker process when it can serve; the manager knows the master, so that is who is up.
after_worker_ready do |_server, _worker|
  if (path = ENV['EINHORN_SOCK_PATH'])
    UNIXSocket.open(path) { |manager| manager.puts({ command: 'worker:ack', pid: Process.ppid }.to_json) }
  end
end
