package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * A text that was written.
 *
 * @param prompt what was given
 * @param text what was written after it, or made of it
 * @param made whether it is made of the prompt, and does not go on with it
 * @param tokens how many tokens were written
 * @param seed of what was drawn; empty if nothing was
 * @param score of a beam search
 */
record Written(
    String prompt, String text, boolean made, int tokens, OptionalLong seed, OptionalDouble score) {

  /**
   * The text as it is shown, what it goes on with before it; one that is made of another after that
   * and a tab. It keeps its lines.
   */
  String shown() {
    return made ? line(prompt) + "\t" + line(text) : lines(prompt + text);
  }

  private static String line(String text) {
    return Printable.of(text);
  }

  private static String lines(String text) {
    return text.lines().map(Printable::of).collect(Collectors.joining("\n"));
  }

  Json json() {
    Json.Builder json = Json.object().put("prompt", prompt).put("text", text).put("tokens", tokens);
    seed.ifPresent(value -> json.put("seed", value));
    score.ifPresent(value -> json.put("score", Plain.number(value)));
    return json.build();
  }
}
