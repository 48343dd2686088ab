package io.github.checkpoint4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionNamesTest {
  @ParameterizedTest
  @CsvSource({
    "maxSteps is 0, --max-steps is 0",
    "per_device_train_batch_size is 8, --batch-size is 8",
    "go on with resumeFromCheckpoint auto, go on with --resume auto",
    "saveSteps 3.0 is not a multiple of evalSteps 2.0, --save-steps 3.0 is not a multiple of"
        + " --eval-steps 2.0",
    "/data/max_steps_of/x, /data/max_steps_of/x",
    "gradientCheckpointing is true, --gradient-checkpointing is true",
    "earlyStoppingPatience is -1, --early-stopping-patience is -1",
    "nothing of the kind, nothing of the kind"
  })
  void arguments_become_options(String message, String told) {
    assertThat(OptionNames.in(message)).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "41 are with rename(\"module.\", \"\"); 41 are with --rename 'module.='",
        "with rename(\"\", \"bert.\"); with --rename '=bert.'",
        "with replaceAll(\"(_orig_mod|module)\\\\.\", \"\"); with --rename"
            + " 'regex:(_orig_mod|module)\\.='",
        "it's rename(\"a'b\", \"c\\\"d\"); it's --rename 'a'\\''b=c\"d'",
        "leave it out with except(\"a.bias\"); leave it out with --rename 'a.bias=unused.a.bias'",
        "pass them over with ignoreMismatched(); pass them over with --ignore-mismatched",
        "only(\"a\"); only(\"a\")",
      })
  void methods_become_options(String message, String told) {
    assertThat(OptionNames.in(message)).isEqualTo(told);
  }

  @Test
  void a_message_full_of_a_names_quotes_takes_no_more_stack_than_there_is() {
    for (int length : new int[] {4_000, 5_000_000}) {
      String rule = "rename(\"" + "\\\"".repeat(length) + "\", \"\")";
      assertThat(OptionNames.in(rule)).isNotEmpty();
    }
  }
}
