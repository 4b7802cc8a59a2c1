# SPDX-License-Identifier: GPL-3.0-or-later
# frozen_string_literal: true

# Speaks to a manager as clients of einhorn do: client.rb SOCKET
#
# Takes requests from standard input, one JSON object a line, sends each as Psych dumps it, reads replies until
# one does not ask to wait, and prints them as one JSON list a line. The text of a reply to `state` is loaded
# as well, under "loaded". Symbols are printed with their colon, times with the name of their class.

require "json"
require "set"
require "socket"
require "yaml"

ESCAPES = { "%" => "%25", "\n" => "%0A" }.freeze

def load(text)
  YAML.safe_load(text, permitted_classes: [Set, Symbol, Time], aliases: true)
end

def plain(value)
  case value
  when Hash then value.to_h { |key, held| [plain(key).to_s, plain(held)] }
  when Array then value.map { |item| plain(item) }
  when Symbol then value.inspect
  when Time then "Time #{value.to_f}"
  else value
  end
end

manager = UNIXSocket.new(ARGV.fetch(0))
$stdout.sync = true
while (request = $stdin.gets)
  wanted = JSON.parse(request)
  manager.write(YAML.dump(wanted).gsub(/[%\n]/, ESCAPES) + "\n")
  replies = []
  loop do
    reply = load(manager.readline.gsub(/%(?:25|0A)/, ESCAPES.invert))
    reply["loaded"] = load(reply["message"]) if wanted["command"] == "state"
    replies << plain(reply)
    break unless reply["wait"]
  end
  puts JSON.generate(replies)
end
