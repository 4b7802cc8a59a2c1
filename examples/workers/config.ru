# SPDX-License-Identifier: GPL-3.0-or-later
# A Rack application, served by puma or unicorn on the manager's socket.
run(lambda do |_env|
  body = "Hello from version=#{ENV.fetch('VERSION', 'v1')} pid=#{Process.pid} slot=#{ENV['EINHORN_CHILD_INDEX']}\n"
  [200, { 'Content-Type' => 'text/plain', 'Content-Length' => body.bytesize.to_s }, [body]]
end)
