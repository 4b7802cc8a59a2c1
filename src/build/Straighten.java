// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.IOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Replaces what javac leaves to be linked at run time by plain code that does the same: switches
/// over types, and equals and hashCode of records. Linking is worth its while in a program that
/// runs for long and has to be fast later; ours has to be fast at once, an ahead-of-time cache does
/// not keep these links, and the first of them costs as much as all the rest of a start.
///
/// usage: `java Straighten.java CLASSES-DIRECTORY CLASSPATH`: changes the class files in place.
final class Straighten {
    private static final ClassDesc SWITCHES = ClassDesc.of("java.lang.runtime.SwitchBootstraps");
    private static final ClassDesc RECORDS = ClassDesc.of("java.lang.runtime.ObjectMethods");
    private static final ClassDesc OBJECTS = ClassDesc.of("java.util.Objects");
    private static final Map<String, ClassDesc> BOXES =
            Map.of(
                    "Z",
                    ConstantDescs.CD_Boolean,
                    "B",
                    ConstantDescs.CD_Byte,
                    "S",
                    ConstantDescs.CD_Short,
                    "C",
                    ConstantDescs.CD_Character,
                    "I",
                    ConstantDescs.CD_Integer,
                    "J",
                    ConstantDescs.CD_Long,
                    "F",
                    ConstantDescs.CD_Float,
                    "D",
                    ConstantDescs.CD_Double);

    private final ClassFile tool;
    private final ClassModel model;
    private final List<Method> methods = new ArrayList<>();

    /// A method to be added: what a linked call site would have done.
    private record Method(String name, MethodTypeDesc type, Consumer<CodeBuilder> body) {}

    private Straighten(ClassFile tool, byte[] bytes) {
        this.tool = tool;
        this.model = tool.parse(bytes);
    }

    public static void main(String[] args) throws IOException {
        Path root = Path.of(args[0]);
        List<URL> path = new ArrayList<>(List.of(root.toUri().toURL()));
        for (String jar : args[1].split(":")) {
            path.add(Path.of(jar).toUri().toURL());
        }
        URLClassLoader loader = new URLClassLoader(path.toArray(URL[]::new));
        ClassFile tool =
                ClassFile.of(
                        ClassFile.ClassHierarchyResolverOption.of(
                                ClassHierarchyResolver.ofResourceParsing(loader)
                                        .orElse(ClassHierarchyResolver.defaultResolver())));
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                Straighten one = new Straighten(tool, bytes);
                byte[] straight = one.straighten();
                if (!one.methods.isEmpty()) {
                    Files.write(file, straight);
                }
            }
        }
    }

    private byte[] straighten() {
        ClassTransform calls =
                ClassTransform.transformingMethodBodies(
                        (code, element) -> {
                            if (!(element instanceof InvokeDynamicInstruction site
                                    && replace(code, site))) {
                                code.with(element);
                            }
                        });
        return tool.transformClass(model, calls.andThen(ClassTransform.endHandler(this::add)));
    }

    private void add(ClassBuilder builder) {
        int flags = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;
        for (Method method : methods) {
            builder.withMethodBody(method.name(), method.type(), flags, method.body());
        }
    }

    /// @return whether the call site could be replaced
    private boolean replace(CodeBuilder code, InvokeDynamicInstruction site) {
        ClassDesc bootstrap = site.bootstrapMethod().owner();
        if (bootstrap.equals(SWITCHES)
                && site.bootstrapMethod().methodName().equals("typeSwitch")) {
            return replaceSwitch(code, site);
        }
        return bootstrap.equals(RECORDS) && replaceRecordMethod(code, site);
    }

    // ---- switches

    private boolean replaceSwitch(CodeBuilder code, InvokeDynamicInstruction site) {
        List<ClassDesc> labels = new ArrayList<>();
        for (ConstantDesc label : site.bootstrapArgs()) {
            if (!(label instanceof ClassDesc type)) {
                return false;
            }
            labels.add(type);
        }
        call(code, new Method(name("typeSwitch"), site.typeSymbol(), body -> chain(body, labels)));
        return true;
    }

    /// `typeSwitch(o, from)`: -1 for null, else the first label at or after `from` that `o` is an
    /// instance of, else their count.
    private static void chain(CodeBuilder body, List<ClassDesc> labels) {
        body.aload(0).ifThen(Opcode.IFNULL, b -> b.loadConstant(-1).ireturn());
        for (int i = 0; i < labels.size(); i++) {
            int index = i;
            ClassDesc label = labels.get(i);
            body.iload(1).loadConstant(index);
            body.ifThen(
                    Opcode.IF_ICMPLE,
                    b -> {
                        b.aload(0).instanceOf(label);
                        b.ifThen(c -> c.loadConstant(index).ireturn());
                    });
        }
        body.loadConstant(labels.size()).ireturn();
    }

    // ---- records

    private boolean replaceRecordMethod(CodeBuilder code, InvokeDynamicInstruction site) {
        String method = site.name().stringValue();
        List<DirectMethodHandleDesc> fields = new ArrayList<>();
        List<ConstantDesc> args = site.bootstrapArgs();
        for (ConstantDesc arg : args.subList(2, args.size())) {
            fields.add((DirectMethodHandleDesc) (MethodHandleDesc) arg);
        }
        ClassDesc self = model.thisClass().asSymbol();
        switch (method) {
            case "equals" ->
                    call(
                            code,
                            new Method(
                                    name("equals"),
                                    site.typeSymbol(),
                                    b -> equal(b, self, fields)));
            case "hashCode" ->
                    call(
                            code,
                            new Method(
                                    name("hashCode"),
                                    site.typeSymbol(),
                                    b -> hash(b, self, fields)));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void equal(
            CodeBuilder body, ClassDesc self, List<DirectMethodHandleDesc> fields) {
        body.aload(1).instanceOf(self);
        body.ifThen(Opcode.IFEQ, b -> b.iconst_0().ireturn());
        for (DirectMethodHandleDesc field : fields) {
            ClassDesc type = type(field);
            body.aload(0).getfield(self, field.methodName(), type);
            body.aload(1).checkcast(self).getfield(self, field.methodName(), type);
            ClassDesc box = BOXES.get(type.descriptorString());
            if (box == null) {
                body.invokestatic(
                        OBJECTS,
                        "equals",
                        MethodTypeDesc.of(
                                ConstantDescs.CD_boolean,
                                ConstantDescs.CD_Object,
                                ConstantDescs.CD_Object));
            } else {
                body.invokestatic(
                        box, "compare", MethodTypeDesc.of(ConstantDescs.CD_int, type, type));
                body.iconst_0();
                same(body);
            }
            body.ifThen(Opcode.IFEQ, b -> b.iconst_0().ireturn());
        }
        body.iconst_1().ireturn();
    }

    /// Two ints on the stack become 1 if they are the same, else 0.
    private static void same(CodeBuilder body) {
        body.ifThenElse(Opcode.IF_ICMPEQ, CodeBuilder::iconst_1, CodeBuilder::iconst_0);
    }

    private static void hash(
            CodeBuilder body, ClassDesc self, List<DirectMethodHandleDesc> fields) {
        body.iconst_0();
        for (DirectMethodHandleDesc field : fields) {
            ClassDesc type = type(field);
            body.loadConstant(31).imul().aload(0).getfield(self, field.methodName(), type);
            ClassDesc box = BOXES.get(type.descriptorString());
            ClassDesc of = box == null ? ConstantDescs.CD_Object : type;
            body.invokestatic(
                    box == null ? OBJECTS : box,
                    "hashCode",
                    MethodTypeDesc.of(ConstantDescs.CD_int, of));
            body.iadd();
        }
        body.ireturn();
    }

    private static ClassDesc type(DirectMethodHandleDesc getter) {
        return getter.invocationType().returnType();
    }

    // ---- both

    private String name(String what) {
        return what + "$" + methods.size();
    }

    private void call(CodeBuilder code, Method method) {
        methods.add(method);
        ClassDesc self = model.thisClass().asSymbol();
        boolean inInterface = (model.flags().flagsMask() & ClassFile.ACC_INTERFACE) != 0;
        code.invokestatic(self, method.name(), method.type(), inInterface);
    }
}
