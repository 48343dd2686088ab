package io.github.checkpoint4j.format;

import java.util.List;

/**
 * What the classes and functions that a pickle names stand for. None is ever loaded or run.
 *
 * <p>Arguments that do not fit are an {@link IllegalArgumentException}: the file is damaged.
 */
interface PickleGlobals {

  /**
   * The global of this name.
   *
   * @throws UnsupportedFeatureException if it is not one of the allowed ones
   */
  PickleObject named(String module, String name) throws UnsupportedFeatureException;

  /**
   * What Python's {@code callee(*arguments)} makes.
   *
   * @throws UnsupportedFeatureException if the result is something that is not read
   */
  PickleObject call(PickleObject callee, List<PickleObject> arguments)
      throws UnsupportedFeatureException;

  /**
   * The object with the attributes of {@code state}.
   *
   * @throws UnsupportedFeatureException if attributes of such an object are not read
   */
  PickleObject build(PickleObject object, PickleObject state) throws UnsupportedFeatureException;
}
