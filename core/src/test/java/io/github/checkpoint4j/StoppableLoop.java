package io.github.checkpoint4j;

import io.github.checkpoint4j.store.CheckpointInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A program that trains and gets signals. Arguments: what it does, the run's directory, the
 * milliseconds of the deadline. It says which step it has done and which checkpoint is durable.
 */
final class StoppableLoop {
  /** Bytes of the model: so many that a save takes a while. */
  static final int MODEL = 8_000_000;

  private StoppableLoop() {}

  /** What the program does. */
  enum Ending {
    /** Stops when it is told to. */
    ORDERLY,
    /** Hears nothing, and never ends. */
    STUCK,
    /** Ends the JVM from within the loop. */
    EXIT,
    /** Ends without closing, with a save in flight. */
    UNCLOSED
  }

  public static void main(String[] arguments) throws IOException {
    Ending ending = Ending.valueOf(arguments[0]);
    Path run = Path.of(arguments[1]);
    Duration deadline = Duration.ofMillis(Long.parseLong(arguments[2]));
    LiveTensors model = LiveTensors.of("weight", MODEL);
    CheckpointerBuilder builder =
        Checkpointer.in(run)
            .track("model", model)
            .save(SaveStrategy.everySteps(2))
            .keep(RetentionPolicy.latest(2))
            .background(true);
    if (ending == Ending.UNCLOSED) {
      model.fill(1);
      builder.open().saveInBackground(1, 0, Map.of());
      return;
    }
    try (var stop = GracefulStop.within(deadline, () -> say("told to stop"));
        var checkpointer = builder.open()) {
      long step = checkpointer.resume().map(CheckpointInfo::step).orElse(0L);
      while (ending != Ending.ORDERLY || !stop.requested()) {
        model.fill((int) ++step);
        tell(checkpointer.step(step, Map.of()));
        say("step " + step);
        if (ending == Ending.EXIT && step == 5) {
          System.exit(7);
        }
      }
      tell(checkpointer.awaitSave());
      if (step % 2 != 0) {
        tell(Optional.of(checkpointer.save(step, 0, Map.of())));
      }
      say("stopped at " + step);
    }
  }

  private static void tell(Optional<CheckpointInfo> durable) {
    durable.ifPresent(info -> say("durable " + info.step()));
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
