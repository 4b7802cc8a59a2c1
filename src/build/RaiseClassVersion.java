// SPDX-License-Identifier: GPL-3.0-or-later

import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Copies a jar and gives its classes from before Java 6 the form of Java 8.
///
/// An ahead-of-time cache leaves such old classes out, because they lack the frames by which a
/// class is verified ahead of time. picocli is compiled like that; with its classes in the cache
/// the client starts in two thirds of the time. The frames are computed here, and nothing else
/// changes.
///
/// usage: `java -cp asm.jar:OLD.jar RaiseClassVersion.java OLD.jar NEW.jar`
class RaiseClassVersion {

    private static final int FIRST_CACHED = Opcodes.V1_6;
    private static final int MAJOR_VERSION_OFFSET = 6;

    public static void main(String[] arguments) throws IOException {
        Path from = Path.of(arguments[0]);
        Path to = Path.of(arguments[1]);
        try (var old = new ZipFile(from.toFile());
                var raised = new ZipOutputStream(Files.newOutputStream(to))) {
            for (ZipEntry entry : old.stream().toList()) {
                byte[] content = old.getInputStream(entry).readAllBytes();
                var copy = new ZipEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                raised.putNextEntry(copy);
                raised.write(entry.getName().endsWith(".class") ? raise(content) : content);
            }
        }
    }

    private static byte[] raise(byte[] content) {
        var reader = new ClassReader(content);
        if (reader.readUnsignedShort(MAJOR_VERSION_OFFSET) >= FIRST_CACHED) {
            return content;
        }
        var writer = new ClassWriter(ClassWriter.COMPUTE_FRAMES);
        reader.accept(
                new ClassVisitor(Opcodes.ASM9, writer) {
                    @Override
                    public void visit(
                            int version,
                            int access,
                            String name,
                            String signature,
                            String parent,
                            String[] interfaces) {
                        super.visit(Opcodes.V1_8, access, name, signature, parent, interfaces);
                    }
                },
                ClassReader.SKIP_FRAMES);
        return writer.toByteArray();
    }
}
