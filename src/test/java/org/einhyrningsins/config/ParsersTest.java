// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Nearest;
import org.einhyrningsins.config.source.Words;
import org.einhyrningsins.config.value.BindText;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.Templates;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.Template;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

class ParsersTest {

    @ParameterizedTest
    @CsvSource({
        "250ms,250,250ms",
        "30s,30000,30s",
        "1.5s,1500,1500ms",
        "90s,90000,90s",
        "5m,300000,5m",
        "120s,120000,2m",
        "1h,3600000,1h",
        "2d,172800000,48h",
        "0,0,0s",
        "0.0s,0,0s",
        "00ms,0,0s"
    })
    void readsAndPrintsTimes(String text, long millis, String printed) throws Misread {
        Duration duration = Durations.parse(text);
        assertThat(duration).isEqualTo(Duration.ofMillis(millis));
        assertThat(Durations.print(duration)).isEqualTo(printed);
        assertThat(Durations.parse(printed)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "s",
                "30",
                "1:30",
                "-1s",
                "1,5s",
                "1.s",
                ".5s",
                "5 s",
                "5S",
                "0.0001s",
                "1e3s",
                "4000d",
                "9999999999999s",
                "1.00000000001s"
            })
    void refusesOtherTimes(String text) {
        assertThatThrownBy(() -> Durations.parse(text)).isInstanceOf(Misread.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0,0",
        "17,17",
        "17B,17",
        "1KiB,1024",
        "64MiB,67108864",
        "1GiB,1073741824",
        "1kB,1000",
        "10MB,10000000",
        "2GB,2000000000",
        "8192TiB,9007199254740992",
        "1TB,1000000000000"
    })
    void readsSizes(String text, long bytes) throws Misread {
        assertThat(Sizes.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MiB", "1M", "1.5GiB", "-1", "8193TiB", "12345678901234567"})
    void refusesOtherSizes(String text) {
        assertThatThrownBy(() -> Sizes.parse(text)).isInstanceOf(Misread.class);
    }

    @Test
    void splitsWords() throws Misread {
        assertThat(Words.split("  a  b\tc ")).containsExactly("a", "b", "c");
        assertThat(Words.split("a'b c'\"d e\"f")).containsExactly("ab cd ef");
        assertThat(Words.split("'' \"\"")).containsExactly("", "");
        assertThat(Words.split("\"a\\\"b\\n\\\\\"")).containsExactly("a\"b\\n\\");
        assertThat(Words.split("a\\\nb")).containsExactly("ab");
        assertThat(Words.split("\"a\\\nb\"")).containsExactly("ab");
        assertThat(Words.split("x${env.A:-b c}y z")).containsExactly("x${env.A:-b c}y", "z");
        assertThat(Words.split("\"${a b}\" '${c d}'")).containsExactly("${a b}", "${c d}");
        assertThat(Words.split("a#b a~b --x=~ {a,b} %")).hasSize(5);
        assertThat(Words.split("'|' \\; \"&\"")).containsExactly("|", ";", "&");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a|b", "a;b", "a&", "<a", ">a", "(a)", "`a`", "\"`a`\"", "$a", "\"$a\"", "$(a)",
                "$$", "*", "a?", "[a]", "#a", "~", "'", "\"", "\\", "a\nb"
            })
    void refusesWhatOnlyAShellUnderstands(String text) {
        assertThatThrownBy(() -> Words.split(text)).isInstanceOf(Misread.class);
    }

    @Test
    void printsTemplatesAsTheyAreRead() throws Misread {
        Templates templates = new Templates("web", Map.of("A", "$"), List.of());
        for (String text :
                List.of(
                        "",
                        "$",
                        "$$",
                        "x",
                        "${slot}",
                        "a${slot}b",
                        "$${slot}",
                        "$$${slot}",
                        "$$$${slot}",
                        "${env.A}${slot}",
                        "${env.A}{",
                        "$ {",
                        "${env.B:-}",
                        "}")) {
            Template template = templates.parse(text);
            assertThat(templates.parse(String.valueOf(template))).isEqualTo(template);
        }
        assertThat(templates.parse("$$${slot}").expand(4, Map.of())).isEqualTo("$4");
        assertThat(templates.parse("${env.B:-c}d").expand(4, Map.of())).isEqualTo("cd");
    }

    @Test
    void readsSocketsOfTheCommandLine() throws Misread {
        BindText classic = BindText.ofCommandLine(Path.of("/srv"), true, false);
        SocketSpec plain = classic.parse("a", "127.0.0.1:80");
        assertThat(plain.reuseAddress()).isFalse();
        assertThat(plain.nonBlocking()).isFalse();
        SocketSpec both = classic.parse("a", "127.0.0.1:80,so_reuseaddr,o_nonblock");
        assertThat(both.reuseAddress()).isTrue();
        assertThat(both.nonBlocking()).isTrue();
        assertThat(classic.parse("a", ":80").address()).hasToString("0.0.0.0:80");
        assertThat(classic.parse("a", "localhost:80").address()).hasToString("127.0.0.1:80");
        BindText six = BindText.ofCommandLine(Path.of("/srv"), false, true);
        assertThat(six.parse("a", "*:80").address()).hasToString("[::]:80");
        assertThat(six.parse("a", "unix:x").address()).hasToString("unix:/srv/x");
    }

    @Test
    void findsWhatWasMeant() {
        List<String> keys = List.of("command", "env", "env-file", "user", "group");
        assertThat(Nearest.of("comand", keys)).isEqualTo("command");
        assertThat(Nearest.of("ocmmand", keys)).isEqualTo("command");
        assertThat(Nearest.of("env_file", keys)).isEqualTo("env-file");
        assertThat(Nearest.of("evn", keys)).isEqualTo("env");
        assertThat(Nearest.of("USER", keys)).isEqualTo("user");
        assertThat(Nearest.of("autostart", keys)).isNull();
        assertThat(Nearest.of("x".repeat(100), keys)).isNull();
        assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    }
}
