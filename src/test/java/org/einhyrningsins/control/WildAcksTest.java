// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.wire.LineBuffer;
import org.einhyrningsins.control.wire.ParsedLine;
import org.einhyrningsins.control.wire.RequestReader;
import org.einhyrningsins.control.wire.WorkerMessage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Every way of saying `worker:ack` that was found in published clients and workers, and those that
/// their libraries may make of it. All of it goes through [LineBuffer], as from a socket.
class WildAcksTest {
    private static final String SEEN =
            """
            # einhorn (Ruby), lib/einhorn/worker.rb, by Psych
            einhorn                     | ---%0Acommand: worker:ack%0Apid: 4711%0A↵
            # the same by Syck (Ruby 1.8), whose maps had no order
            einhorn on Ruby 1.8         | --- %0Acommand: worker:ack%0Apid: 4711%0A↵
            einhorn on Ruby 1.8         | --- %0Apid: 4711%0Acommand: worker:ack%0A↵
            # a fork of einhorn that kept the connection: keep-open is nil, or true
            einhorn, keep-open          | ---%0Acommand: worker:ack%0Apid: 4711%0Akeep-open: %0A↵
            einhorn, keep-open          | ---%0Acommand: worker:ack%0Apid: 4711%0Akeep-open: true%0A↵
            # what its README tells other languages to write
            einhorn's README            | {"command":"worker:ack", "pid":4711}↵
            # its own tests, by JSON.generate
            einhorn's tests             | {"command":"worker:ack","pid":4711}↵
            # einhorn for Node, by encodeURI of YAML made by hand
            node-einhorn                | ---%0Acommand:%20worker:ack%0Apid:%204711↵
            # goji (Go), bind/einhorn.go
            goji                        | {"command": "worker:ack", "pid": 4711}↵
            # eighty (Go), bind
            eighty                      | {"command":"worker:ack","pid":4711}↵
            # baseplate.py (reddit), json.dumps
            baseplate.py                | {"command": "worker:ack", "pid": 4711}↵
            # the einhorn client for PHP, json_encode
            einhorn for PHP             | {"command":"worker:ack","pid":4711}↵
            # a Go library of many notification protocols, after the README
            notify for Go               | {"command":"worker:ack", "pid":4711}↵
            # go-einhorn: its tag is spelled so, pid has none, and a second newline follows
            go-einhorn                  | {"comand":"worker:ack","Pid":4711}↵↵
            # the manual page of einhyrningsins (Rust)
            einhyrningsins              | {"command":"worker:ack","pid":4711}↵
            """;

    private static final String POSSIBLE =
            """
            symbols as keys             | ---%0A:command: worker:ack%0A:pid: 4711%0A↵
            a symbol as the command     | ---%0A:command: :worker:ack%0A:pid: 4711%0A↵
            Psych of Ruby 1.9           | ---%0Acommand: ! 'worker:ack'%0Apid: 4711%0A↵
            a pid that is a text        | ---%0Acommand: worker:ack%0Apid: '4711'%0A↵
            quoted                      | ---%0A"command": "worker:ack"%0A"pid": "4711"%0A↵
            flow                        | --- {command: worker:ack, pid: 4711}↵
            flow without the mark       | {command: worker:ack, pid: 4711}↵
            flow without blanks         | {command:worker:ack,pid:4711}↵
            flow in single quotes       | {'command': 'worker:ack', 'pid': 4711}↵
            flow, blanks everywhere     | { command : worker:ack , pid : 4711 }↵
            marked JSON                 | --- {"command":"worker:ack","pid":4711}↵
            JSON in %-escapes           | %7b"command":"worker:ack",%20"pid":4711%7d↵
            block without the mark      | command: worker:ack%0Apid: 4711↵
            lower-case escapes          | ---%0acommand: worker:ack%0apid: 4711%0a↵
            all escaped                 | %2D%2D%2D%0Acommand%3A%20worker%3Aack%0Apid%3A%204711↵
            JSON, sorted and spread     | { "pid" : 4711 , "command" : "worker:ack" }↵
            a carriage return           | {"command":"worker:ack","pid":4711}\\r↵
            a carriage return           | ---%0Acommand: worker:ack%0Apid: 4711%0A\\r↵
            the end of the document     | ---%0Acommand: worker:ack%0Apid: 4711%0A...%0A↵
            """;

    @ParameterizedTest
    @CsvSource(textBlock = SEEN, delimiter = '|', quoteCharacter = '\u0001')
    void understandsWhatIsOutThere(String who, String bytes) {
        assertThat(said(bytes)).as(who).containsExactly("ack of 4711, no reply");
    }

    @ParameterizedTest
    @CsvSource(textBlock = POSSIBLE, delimiter = '|', quoteCharacter = '\u0001')
    void understandsWhatMayBe(String how, String bytes) {
        assertThat(said(bytes)).as(how).containsExactly("ack of 4711, no reply");
    }

    private static List<String> said(String text) {
        byte[] bytes =
                text.replace('↵', '\n').replace("\\r", "\r").getBytes(StandardCharsets.UTF_8);
        List<String> said = new ArrayList<>();
        new LineBuffer(4096)
                .feed(
                        ByteBuffer.wrap(bytes),
                        new LineBuffer.Taker() {
                            @Override
                            public void line(byte[] line) {
                                said.add(text(RequestReader.parse(line)));
                            }

                            @Override
                            public void tooLong(int bound) {
                                said.add("too long");
                            }
                        });
        return said;
    }

    private static String text(ParsedLine parsedLine) {
        return parsedLine instanceof WorkerMessage.Ack(int pid, var id) && id == null
                ? "ack of " + pid + ", no reply"
                : parsedLine.toString();
    }
}
