// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.config.source.CommandSplitter;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.BindAddressText;
import org.einhyrningsins.config.value.Durations;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.TextTemplate;
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
    void readsAndPrintsTimes(String text, long millis, String printed) throws ValueException {
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
        assertThatThrownBy(() -> Durations.parse(text)).isInstanceOf(ValueException.class);
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
    void readsSizes(String text, long bytes) throws ValueException {
        assertThat(Sizes.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MiB", "1M", "1.5GiB", "-1", "8193TiB", "12345678901234567"})
    void refusesOtherSizes(String text) {
        assertThatThrownBy(() -> Sizes.parse(text)).isInstanceOf(ValueException.class);
    }

    @Test
    void splitsWords() throws ValueException {
        assertThat(CommandSplitter.split("  a  b\tc ")).containsExactly("a", "b", "c");
        assertThat(CommandSplitter.split("a'b c'\"d e\"f")).containsExactly("ab cd ef");
        assertThat(CommandSplitter.split("'' \"\"")).containsExactly("", "");
        assertThat(CommandSplitter.split("\"a\\\"b\\n\\\\\"")).containsExactly("a\"b\\n\\");
        assertThat(CommandSplitter.split("a\\\nb")).containsExactly("ab");
        assertThat(CommandSplitter.split("\"a\\\nb\"")).containsExactly("ab");
        assertThat(CommandSplitter.split("x${env.A:-b c}y z"))
                .containsExactly("x${env.A:-b c}y", "z");
        assertThat(CommandSplitter.split("\"${a b}\" '${c d}'"))
                .containsExactly("${a b}", "${c d}");
        assertThat(CommandSplitter.split("a#b a~b --x=~ {a,b} %")).hasSize(5);
        assertThat(CommandSplitter.split("'|' \\; \"&\"")).containsExactly("|", ";", "&");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a|b", "a;b", "a&", "<a", ">a", "(a)", "`a`", "\"`a`\"", "$a", "\"$a\"", "$(a)",
                "$$", "*", "a?", "[a]", "#a", "~", "'", "\"", "\\", "a\nb"
            })
    void refusesWhatOnlyAShellUnderstands(String text) {
        assertThatThrownBy(() -> CommandSplitter.split(text)).isInstanceOf(ValueException.class);
    }

    @Test
    void printsTemplatesAsTheyAreRead() throws ValueException {
        TemplateReader templateReader = new TemplateReader("web", Map.of("A", "$"), List.of());
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
            TextTemplate textTemplate = templateReader.parse(text);
            assertThat(templateReader.parse(String.valueOf(textTemplate))).isEqualTo(textTemplate);
        }
        assertThat(templateReader.parse("$$${slot}").expand(4, Map.of())).isEqualTo("$4");
        assertThat(templateReader.parse("${env.B:-c}d").expand(4, Map.of())).isEqualTo("cd");
    }

    @Test
    void readsSocketsOfTheCommandLine() throws ValueException {
        BindAddressText classic = BindAddressText.ofCommandLine(Path.of("/srv"), true, false);
        SocketSpec plain = classic.parse("a", "127.0.0.1:80");
        assertThat(plain.reuseAddress()).isFalse();
        assertThat(plain.nonBlocking()).isFalse();
        SocketSpec both = classic.parse("a", "127.0.0.1:80,so_reuseaddr,o_nonblock");
        assertThat(both.reuseAddress()).isTrue();
        assertThat(both.nonBlocking()).isTrue();
        assertThat(classic.parse("a", ":80").address()).hasToString("0.0.0.0:80");
        assertThat(classic.parse("a", "localhost:80").address()).hasToString("127.0.0.1:80");
        BindAddressText six = BindAddressText.ofCommandLine(Path.of("/srv"), false, true);
        assertThat(six.parse("a", "*:80").address()).hasToString("[::]:80");
        assertThat(six.parse("a", "unix:x").address()).hasToString("unix:/srv/x");
    }

    @Test
    void findsWhatWasMeant() {
        List<String> keys = List.of("command", "env", "env-file", "user", "group");
        assertThat(SpellingSuggestion.of("comand", keys)).isEqualTo("command");
        assertThat(SpellingSuggestion.of("ocmmand", keys)).isEqualTo("command");
        assertThat(SpellingSuggestion.of("env_file", keys)).isEqualTo("env-file");
        assertThat(SpellingSuggestion.of("evn", keys)).isEqualTo("env");
        assertThat(SpellingSuggestion.of("USER", keys)).isEqualTo("user");
        assertThat(SpellingSuggestion.of("autostart", keys)).isNull();
        assertThat(SpellingSuggestion.of("x".repeat(100), keys)).isNull();
        assertThat(SpellingSuggestion.distance("kitten", "sitting")).isEqualTo(3);
    }
}
