package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CSVLoggerTest {
  @TempDir private Path folder;
  private Path file;
  private MadeUpTraining training;

  @BeforeEach
  void begin() throws IOException {
    file = folder.resolve("a/log.csv");
    training = MadeUpTraining.of(folder, 0.1);
  }

  private void epoch(CSVLogger callback, int epoch) {
    callback.epochEnd(training.at(epoch + 1, epoch + 1), epoch, Map.of("loss", 1.0 / (epoch + 1)));
  }

  @Test
  void rows_after_the_checkpoint_are_written_once() throws IOException {
    CSVLogger killed = new CSVLogger(file);
    killed.trainBegin(training.at(0, 0), false);
    epoch(killed, 0);
    Json.Obj state = killed.attributes();
    epoch(killed, 1);
    epoch(killed, 2);
    CSVLogger resumed = new CSVLogger(file);
    resumed.restore(state);
    resumed.trainBegin(training.at(1, 1), true);
    assertThat(file).hasContent("epoch,loss,val_loss\r\n0,1.0,NA\r\n");
    epoch(resumed, 1);
    resumed.trainEnd(training.at(2, 2));
    assertThat(Files.readString(file)).isEqualTo("epoch,loss,val_loss\r\n0,1.0,NA\r\n1,0.5,NA\r\n");
  }

  @Test
  void a_checkpoint_before_the_first_row_has_none_and_what_was_there_before() throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Files.writeString(file, "epoch,loss\r\n9,0.1\r\n");
    CSVLogger killed = new CSVLogger(file, ',', true);
    killed.trainBegin(training.at(0, 0), false);
    Json.Obj state = killed.attributes();
    epoch(killed, 0);
    CSVLogger resumed = new CSVLogger(file, ',', true);
    resumed.restore(state);
    resumed.trainBegin(training.at(0.5, 1), true);
    epoch(resumed, 0);
    assertThat(Files.readString(file)).isEqualTo("epoch,loss\r\n9,0.1\r\n0,1.0,NA\r\n");
  }

  @Test
  void each_row_is_in_the_file_when_the_epoch_has_ended() throws IOException {
    CSVLogger callback = new CSVLogger(file);
    callback.trainBegin(training.at(0, 0), false);
    assertThat(file).isEmptyFile();
    epoch(callback, 0);
    assertThat(file).hasContent("epoch,loss,val_loss\r\n0,1.0,NA\r\n");
  }

  @Test
  void a_file_that_lost_rows_or_is_gone_is_an_error_that_says_what_to_do() throws IOException {
    CSVLogger callback = new CSVLogger(file);
    callback.trainBegin(training.at(0, 0), false);
    epoch(callback, 0);
    Json.Obj state = callback.attributes();
    Files.writeString(file, "epoch");
    CSVLogger resumed = new CSVLogger(file);
    resumed.restore(state);
    String advice =
        "; put it back, or resume with restoreCallbackStatesFromCheckpoint false to begin it anew";
    assertThatThrownBy(() -> resumed.trainBegin(training.at(1, 1), true))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            "CSVLogger: "
                + file
                + " had 31 bytes when the checkpoint was saved and has 5"
                + advice);
    assertThat(file).hasContent("epoch");
    Files.delete(file);
    assertThatThrownBy(() -> resumed.trainBegin(training.at(1, 1), true))
        .hasMessage(
            "CSVLogger: "
                + file
                + " had 31 bytes when the checkpoint was saved and is not there"
                + advice);
  }

  @Test
  void a_separator_that_quotes_or_ends_lines_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CSVLogger(file, '"', false))
        .withMessage(
            "the separator is character 34, which quotes values or ends lines; give another, such as"
                + " ','");
    assertThatIllegalArgumentException().isThrownBy(() -> new CSVLogger(file, '\n', false));
  }

  @Test
  void a_state_that_is_none_is_refused() {
    CSVLogger callback = new CSVLogger(file);
    Json.Obj state =
        Json.object()
            .put("keys", Json.array(List.of(Json.of(1L))))
            .put("size", 0)
            .put("begun", false)
            .put("append_header", true)
            .put("logs", new EpochLogs().json())
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> callback.restore(state))
        .withMessage("member 'keys' should be strings and has the number 1");
  }
}
