package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The runs of golden/trainer, which the Trainer of transformers made, made again here. */
class TrainerGoldenTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "steps",
        "accumulation",
        "epochs",
        "ratios",
        "best",
        "early",
        "by_length",
        "by_length_accumulated"
      })
  void a_run_logs_saves_and_ends_as_pythons_does(String name) throws IOException {
    var run = new GoldenRun(name);
    Trainer<Classifier.Example> trainer = run.trainer(run.arguments(folder).build());
    trainer.train();

    run.assertSameEnd(trainer);
    run.assertSameCheckpoints(folder);
  }

  @Test
  void a_run_of_python_goes_on_here_with_the_same_dropout() throws IOException {
    var run = new GoldenRun("steps");
    Trainer<Classifier.Example> trainer =
        run.trainer(
            run.arguments(folder)
                .resumeFromCheckpoint(ResumeFrom.checkpoint(run.folder().resolve("checkpoint-6")))
                .build());
    trainer.train();

    GoldenRun.assertSameHistory(trainer.state().logHistory(), run.logHistory(), "train_loss");
    assertThat(trainer.state().bestGlobalStep()).hasValue(6);
  }
}
