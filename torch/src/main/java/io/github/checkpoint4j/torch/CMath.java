package io.github.checkpoint4j.torch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The C library's functions of doubles. Python's {@code **} and {@code math.cos} call them, and
 * {@link Math} may differ from them in the last bit.
 */
final class CMath {
  private static final MethodHandle POW =
      function(
          "pow",
          FunctionDescriptor.of(
              ValueLayout.JAVA_DOUBLE, ValueLayout.JAVA_DOUBLE, ValueLayout.JAVA_DOUBLE));
  private static final MethodHandle COS =
      function("cos", FunctionDescriptor.of(ValueLayout.JAVA_DOUBLE, ValueLayout.JAVA_DOUBLE));

  private CMath() {}

  static double pow(double base, double exponent) {
    try {
      return (double) POW.invokeExact(base, exponent);
    } catch (Throwable e) {
      throw new AssertionError("pow is a function of doubles that throws nothing", e);
    }
  }

  static double cos(double radians) {
    try {
      return (double) COS.invokeExact(radians);
    } catch (Throwable e) {
      throw new AssertionError("cos is a function of doubles that throws nothing", e);
    }
  }

  @SuppressWarnings("restricted") // the descriptors are those of math.h
  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }
}
