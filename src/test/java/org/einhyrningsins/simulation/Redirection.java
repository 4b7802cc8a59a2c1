// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.Set;

/// Loads the manager as it is shipped, but for the calls by which it reaches the machine: those go
/// to the methods of [Seam] that have the same name and take the same arguments. What the seam does
/// not have stays as it is. Each has a manager and a seam of its own, so worlds of two of them may
/// run at the same time.
final class Redirection extends ClassLoader {
    private static final String OURS = "org.einhyrningsins.";
    private static final ClassDesc SEAM = ClassDesc.of(Seam.class.getName());
    private static final Set<String> OWNERS =
            Set.of(
                    "com/kenai/jffi/Invoker",
                    "java/lang/System",
                    "java/nio/ByteBuffer",
                    "java/nio/channels/FileChannel",
                    "java/nio/file/Files",
                    "java/nio/file/Path",
                    "java/util/concurrent/ThreadPoolExecutor",
                    "org/einhyrningsins/posix/kernel/Accounts");

    static {
        registerAsParallelCapable();
    }

    private final ClassLoader real;
    private final Set<String> seam = new HashSet<>();
    private final ClassFile tool;

    Redirection(ClassLoader real) {
        super("simulation", real);
        this.real = real;
        tool =
                ClassFile.of(
                        ClassFile.ClassHierarchyResolverOption.of(
                                ClassHierarchyResolver.ofResourceParsing(real)
                                        .orElse(ClassHierarchyResolver.defaultResolver())));
        for (Method method : Seam.class.getDeclaredMethods()) {
            seam.add(method.getName() + descriptor(method));
        }
    }

    private static String descriptor(Method method) {
        return java.lang.invoke.MethodType.methodType(
                        method.getReturnType(), method.getParameterTypes())
                .toMethodDescriptorString();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            return known == null ? define(name) : known;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = real.getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            boolean test = name.startsWith(getClass().getPackageName());
            byte[] loaded = test ? bytes : redirected(bytes);
            return defineClass(name, loaded, 0, loaded.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] redirected(byte[] bytes) {
        ClassModel model = tool.parse(bytes);
        return tool.transformClass(
                model,
                ClassTransform.transformingMethodBodies(
                        (code, element) -> {
                            MethodTypeDesc type =
                                    element instanceof InvokeInstruction call
                                            ? through(call)
                                            : null;
                            if (type != null && element instanceof InvokeInstruction call) {
                                code.invokestatic(SEAM, call.name().stringValue(), type);
                            } else if (element instanceof FieldInstruction field && isErr(field)) {
                                code.invokestatic(
                                        SEAM, "err", MethodTypeDesc.of(field.typeSymbol()));
                            } else {
                                code.with(element);
                            }
                        }));
    }

    private static boolean isErr(FieldInstruction field) {
        return field.opcode() == Opcode.GETSTATIC
                && field.owner().asInternalName().equals("java/lang/System")
                && field.name().equalsString("err");
    }

    /// How the seam takes a call; null if it does not.
    private @Nullable MethodTypeDesc through(InvokeInstruction call) {
        if (!OWNERS.contains(call.owner().asInternalName())) {
            return null;
        }
        MethodTypeDesc type = call.typeSymbol();
        if (call.opcode() != Opcode.INVOKESTATIC) {
            type = type.insertParameterTypes(0, call.owner().asSymbol());
        }
        boolean taken = seam.contains(call.name().stringValue() + type.descriptorString());
        return taken ? type : null;
    }
}
