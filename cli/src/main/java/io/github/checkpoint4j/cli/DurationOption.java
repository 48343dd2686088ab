package io.github.checkpoint4j.cli;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A time on the command line: {@code 90s}, {@code 30m}, {@code 1h30m}, {@code 7d}, {@code 2w}. */
final class DurationOption implements ITypeConverter<Duration> {
  private static final Map<String, Duration> UNITS =
      Map.of(
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1),
          "w", Duration.ofDays(7));
  private static final Pattern PART = Pattern.compile("([0-9]{1,9})([smhdw])");
  private static final Pattern WHOLE = Pattern.compile("(" + PART.pattern() + ")+");

  @Override
  public Duration convert(String text) {
    if (WHOLE.matcher(text).matches()) {
      Duration sum = Duration.ZERO;
      for (Matcher part = PART.matcher(text); part.find(); ) {
        Duration unit = UNITS.getOrDefault(part.group(2), Duration.ZERO);
        sum = sum.plus(unit.multipliedBy(Long.parseLong(part.group(1))));
      }
      return sum;
    }
    try {
      return Duration.parse(text);
    } catch (DateTimeParseException e) {
      throw new TypeConversionException(
          "'" + text + "' is not a time; give one like 90s, 30m, 1h30m, 7d or 2w");
    }
  }
}
