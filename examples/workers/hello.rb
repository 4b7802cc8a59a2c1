# SPDX-License-Identifier: GPL-3.0-or-later
# A threaded web server on einhorn's protocol, Ruby's standard library only: one request a connection.
require 'socket'
require 'yaml'

listener = TCPServer.for_fd(Integer(ENV.fetch('EINHORN_FD_0')))
wake_read, wake_write = IO.pipe
Signal.trap('USR2') { wake_write.write_nonblock('x') }

def answer(client)
  line = client.gets
  nil until client.gets.to_s.strip.empty?
  return unless line

  body = "Hello from version=#{ENV.fetch('VERSION', 'v1')} pid=#{Process.pid} slot=#{ENV['EINHORN_CHILD_INDEX']}\n"
  client.write("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
rescue SystemCallError
  nil # the client went away
ensure
  client.close
end

# As Einhorn::Client writes it: a YAML document on one line, in %-escapes.
def acknowledge
  message = { command: 'worker:ack', pid: Process.pid }.to_yaml
  UNIXSocket.open(ENV.fetch('EINHORN_SOCK_PATH')) do |manager|
    manager.write("#{message.gsub(/[%\n]/) { |c| format('%%%02X', c.ord) }}\n")
  end
end

acknowledge
threads = []
loop do
  ready, = IO.select([listener, wake_read])
  break if ready.include?(wake_read)

  client = listener.accept_nonblock(exception: false) # a sibling may have been quicker
  threads.select!(&:alive?)
  threads << Thread.new(client) { |c| answer(c) } unless client == :wait_readable
end
listener.close
threads.each(&:join)
