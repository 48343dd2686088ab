package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.format.Json;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a T5 is trained on.
 *
 * @param model {@value NewModel#NAME}, or the directory or file of a pretrained one
 * @param made what a new one is made with
 */
record Seq2SeqTask(String model, TaskData data, NewModel made, TransferLearning transfer)
    implements TrainingTask {
  private static final String PHONEMES = "phoneme_error_rate";
  private static final String CHARACTERS = "character_error_rate";

  static Seq2SeqTask of(Json.Obj json) {
    return new Seq2SeqTask(
        json.text("model"), TaskData.in(json), NewModel.in(json), TransferLearning.in(json));
  }

  @Override
  public TaskKind kind() {
    return TaskKind.SEQ2SEQ;
  }

  @Override
  public void addOwn(Json.Builder json) {
    made.addTo(json);
  }

  @Override
  public List<String> kept() {
    return Stream.concat(TrainingTask.super.kept().stream(), NewModel.MEMBERS.stream()).toList();
  }

  /** Whether words are transcribed into symbols with spaces between them. */
  boolean transcribes() {
    return made.tokenizer().equals(NewModel.TRANSCRIPTION);
  }

  /** Symbols that are wrong, or characters if the targets are not symbols. */
  @Override
  public List<String> metrics() {
    String other = transcribes() ? CHARACTERS : PHONEMES;
    return kind().metrics().stream().filter(name -> !name.equals(other)).toList();
  }

  /** A source as the model is given it: of a transcription in small letters. */
  String source(String text) {
    return transcribes() ? text.toLowerCase(Locale.ROOT) : text;
  }
}
