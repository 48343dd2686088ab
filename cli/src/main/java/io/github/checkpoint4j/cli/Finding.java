package io.github.checkpoint4j.cli;

import io.github.checkpoint4j.store.CheckpointInfo;
import io.github.checkpoint4j.store.Diagnosis;
import io.github.checkpoint4j.store.Standing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** One thing that {@code ckpt doctor} has to say of a run. */
record Finding(Weight weight, String text) {
  /** How much it matters. */
  enum Weight {
    OK("ok"),
    NOTE("note"),
    PROBLEM("PROBLEM");

    private final String word;

    Weight(String word) {
      this.word = word;
    }
  }

  boolean isProblem() {
    return weight == Weight.PROBLEM;
  }

  /** Everything there is to say, in the order of reading. */
  static List<Finding> of(
      Diagnosis diagnosis, Checkpoints checkpoints, List<FingerprintChange> changes) {
    List<Finding> findings = new ArrayList<>();
    findings.add(lock(diagnosis));
    findings.add(count(checkpoints));
    findings.add(space(diagnosis));
    for (Diagnosis.Leftover leftover : diagnosis.leftovers()) {
      findings.add(
          diagnosis.writing()
              ? new Finding(Weight.NOTE, leftover.name() + ": of the writer, or left by another")
              : new Finding(Weight.PROBLEM, leftover.name() + ": " + leftover.remedy().words()));
    }
    diagnosis
        .damaged()
        .forEach(
            info -> findings.add(new Finding(Weight.PROBLEM, info.damage().orElse(info.name()))));
    for (CheckpointInfo info : checkpoints.all()) {
      if (info.standing() == Standing.UNVERIFIED) {
        findings.add(
            new Finding(
                Weight.NOTE, info.name() + ": it has no manifest, so nothing vouches for it"));
      }
    }
    newestElsewhere(checkpoints).ifPresent(findings::add);
    for (FingerprintChange change : changes) {
      findings.add(
          new Finding(
              Weight.NOTE,
              "%s: not the same machine or settings as %s: %s"
                  .formatted(change.after(), change.before(), change.change())));
    }
    diagnosis
        .foreign()
        .forEach(name -> findings.add(new Finding(Weight.NOTE, name + ": foreign, left alone")));
    return findings;
  }

  private static Finding lock(Diagnosis diagnosis) {
    if (diagnosis.holder().isEmpty()) {
      return new Finding(Weight.OK, "lock: no writer is at work");
    }
    Diagnosis.Holder holder = diagnosis.holder().get();
    return switch (holder.liveness()) {
      case ALIVE -> new Finding(Weight.OK, "lock: " + holder.process() + " is at work");
      case ENDED ->
          new Finding(
              Weight.NOTE,
              "lock: " + holder.process() + " was killed; the next writer takes it over");
      case PID_REUSED ->
          new Finding(
              Weight.NOTE,
              "lock: "
                  + holder.process()
                  + " was killed, and another process has its id; the next writer takes it over");
      case ON_ANOTHER_HOST ->
          new Finding(
              Weight.NOTE, "lock: " + holder.process() + " is or was at work; look on that host");
      case UNKNOWN ->
          new Finding(
              Weight.NOTE,
              "lock: its file does not say who wrote it; the next writer takes it over unless it is"
                  + " held");
    };
  }

  private static Finding count(Checkpoints checkpoints) {
    if (checkpoints.all().isEmpty()) {
      return new Finding(Weight.NOTE, "checkpoints: none");
    }
    String newest =
        checkpoints.latest().map(info -> ", newest " + info.name()).orElse(", none is whole");
    String best = checkpoints.best().map(info -> ", best " + info.name()).orElse("");
    return new Finding(
        Weight.OK, "checkpoints: " + Quantities.count(checkpoints.all().size()) + newest + best);
  }

  private static Finding space(Diagnosis diagnosis) {
    String free = "space: " + Quantities.size(diagnosis.free()) + " free";
    return diagnosis.nextSave().isEmpty()
        ? new Finding(Weight.OK, free)
        : new Finding(
            diagnosis.lacksSpace() ? Weight.PROBLEM : Weight.OK,
            free
                + ", a save takes about "
                + Quantities.size(diagnosis.nextSave().getAsLong())
                + (diagnosis.lacksSpace() ? "; make room, or prune" : ""));
  }

  /** Python's Trainer goes on from the highest step, which need not be the newest. */
  private static Optional<Finding> newestElsewhere(Checkpoints checkpoints) {
    Optional<CheckpointInfo> highest =
        checkpoints.all().stream().max(Comparator.comparingLong(CheckpointInfo::step));
    return checkpoints
        .latest()
        .filter(newest -> highest.filter(newest::equals).isEmpty())
        .map(
            newest ->
                new Finding(
                    Weight.NOTE,
                    "%s is the newest, but Hugging Face's Trainer would go on from %s, which has the highest step"
                        .formatted(newest.name(), highest.map(CheckpointInfo::name).orElse(""))));
  }

  @Override
  public String toString() {
    return "%-7s  %s".formatted(weight.word, text);
  }
}
