// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.process.ExecutableSearch;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The bytes are what the assembly source says. Needs binutils of both machines (Debian: binutils,
/// binutils-aarch64-linux-gnu); skipped without, unless EINHYRNINGSINS_CI is set.
class MachineCodeIT {
    @TempDir Path directory;

    @Test
    void theBytesForX86AreWhatTheSourceSays() throws Exception {
        assertThat(assembled("child-x86_64")).isEqualTo(code(CpuArchitecture.X86_64));
        assertThat(assembled("monitor-x86_64"))
                .isEqualTo(MonitorCode.monitor(CpuArchitecture.X86_64));
    }

    @Test
    void theBytesForAarch64AreWhatTheSourceSays() throws Exception {
        assertThat(assembled("child-aarch64")).isEqualTo(code(CpuArchitecture.AARCH64));
        assertThat(assembled("monitor-aarch64"))
                .isEqualTo(MonitorCode.monitor(CpuArchitecture.AARCH64));
    }

    private static byte[] code(CpuArchitecture cpuArchitecture) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(MachineCode.call(cpuArchitecture));
        all.write(MachineCode.spawn(cpuArchitecture));
        return all.toByteArray();
    }

    private byte[] assembled(String name) throws Exception {
        String machine = name.substring(name.indexOf('-') + 1);
        Path object = directory.resolve("child.o");
        Path bytes = directory.resolve("child.bin");
        String source = Path.of("src/main/asm/" + name + ".s").toAbsolutePath().toString();
        run(tool(machine, "as"), List.of("-o", object.toString(), source));
        run(
                tool(machine, "objcopy"),
                List.of("-O", "binary", "-j", ".text", object.toString(), bytes.toString()));
        return Files.readAllBytes(bytes);
    }

    private static String tool(String machine, String name) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin");
        String full = machine + "-linux-gnu-" + name;
        try {
            return ExecutableSearch.find(full, "/", path);
        } catch (PosixException e) {
            if (System.getenv("EINHYRNINGSINS_CI") != null) {
                return fail("not installed, but needed here: " + full);
            }
            return abort("not installed: " + full);
        }
    }

    private static void run(String tool, List<String> arguments) throws SpawnException {
        Nursery nursery = new Nursery();
        nursery.executable = tool;
        nursery.argv = new ArrayList<>(List.of(tool));
        nursery.argv.addAll(arguments);
        assertThat(nursery.output()).isEmpty();
    }
}
