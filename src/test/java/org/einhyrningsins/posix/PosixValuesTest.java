// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.posix.kernel.CpuArchitecture;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.InetText;
import org.junit.jupiter.api.Test;

class PosixValuesTest {
    @Test
    void anErrnoIsKnownByItsNumberAndOthersKeepTheirs() {
        assertThat(Errno.byNumber(98)).isEqualTo(Errno.EADDRINUSE);
        assertThat(Errno.byNumber(0)).isEqualTo(Errno.UNKNOWN);
        assertThat(Errno.byNumber(-5)).isEqualTo(Errno.UNKNOWN);
        assertThat(Errno.byNumber(4_000)).isEqualTo(Errno.UNKNOWN);
        PosixException failure = new PosixException("bind", 4_000);
        assertThat(failure).hasMessage("bind: errno 4000");
        assertThat(failure.number()).isEqualTo(4_000);
    }

    @Test
    void refusesOtherMachinesAndOldKernelsInOneLine() {
        assertThat(CpuArchitecture.of("Linux", "amd64")).isEqualTo(CpuArchitecture.X86_64);
        assertThat(CpuArchitecture.of("Linux", "aarch64")).isEqualTo(CpuArchitecture.AARCH64);
        assertThatThrownBy(() -> CpuArchitecture.of("Linux", "riscv64"))
                .hasMessage(
                        "einhyrningsins runs on Linux on x86-64 and aarch64; this is Linux on"
                                + " riscv64");
        CpuArchitecture.requireKernel("5.9.0-1-amd64");
        CpuArchitecture.requireKernel("6.18");
        assertThatThrownBy(() -> CpuArchitecture.requireKernel("5.8.18"))
                .hasMessageContaining("needs Linux 5.9 or newer");
    }

    @Test
    void writesIpv6AddressesTheShortWay() {
        assertThat(InetText.shortest("0:0:0:0:0:0:0:1")).isEqualTo("::1");
        assertThat(InetText.shortest("0:0:0:0:0:0:0:0")).isEqualTo("::");
        assertThat(InetText.shortest("fe80:0:0:1:0:0:0:2")).isEqualTo("fe80:0:0:1::2");
        assertThat(InetText.shortest("2001:db8:0:1:1:1:1:1")).isEqualTo("2001:db8:0:1:1:1:1:1");
        assertThat(InetText.shortest("1:2:0:0:0:0:0:0")).isEqualTo("1:2::");
    }
}
