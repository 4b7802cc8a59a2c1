# SPDX-License-Identifier: GPL-3.0-or-later
# frozen_string_literal: true

# A server as one writes it for einhorn: takes its socket from EINHORN_FD_0, says worker:ping and worker:ack in YAML, goes with USR2.

require "socket"
require "yaml"

abort "not a worker" unless ENV["EINHORN_MASTER_PID"].to_i == Process.ppid
going, go = IO.pipe
%w[USR1 USR2].each do |name|
  trap(name) do
    File.write(File.join(ENV.fetch("NOTES"), "#{name}.#{$$}"), "")
    go.close if name == "USR2"
  end
end
socket = Socket.for_fd(Integer(ENV.fetch("EINHORN_FD_0")))

[
  { "command" => "worker:ping", "pid" => $$, "request_id" => "begun #{$$}" },
  { "command" => "worker:ack", "pid" => $$ },
].each do |said|
  UNIXSocket.open(ENV.fetch("EINHORN_SOCK_PATH")) do |manager|
    manager.write(YAML.dump(said).gsub("%", "%25").gsub("\n", "%0A") + "\n")
  end
end

until IO.select([socket, going]).first.include?(going)
  begin
    client, = socket.accept_nonblock
  rescue IO::WaitReadable
    next # a sibling was faster
  end
  client.readpartial(4096)
  client.write("HTTP/1.0 200 OK\r\nContent-Length: #{$$.to_s.size}\r\n\r\n#{$$}")
  client.close
end
