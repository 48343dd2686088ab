package io.github.checkpoint4j.keras.callbacks;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;

/** A directory that TensorBoard shows as a run, and the file of events in it that grows. */
final class EventDirectory {
  private static final String FILE = "file";
  private static final String SIZE = "size";

  private final Path directory;
  private final InstantSource clock;
  private Optional<String> name = Optional.empty();
  private long size;
  private Optional<EventFile> open = Optional.empty();

  EventDirectory(Path directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /** The file, begun or gone on with if it is not open. */
  EventFile events() throws IOException {
    if (open.isEmpty()) {
      if (name.isPresent()) {
        open = Optional.of(EventFile.reopen(directory.resolve(name.get()), size, clock));
      } else {
        String free = freeName();
        open = Optional.of(EventFile.create(directory.resolve(free), clock));
        name = Optional.of(free);
      }
    }
    return open.get();
  }

  /** A name as TensorFlow gives, which no file has. */
  private String freeName() throws IOException {
    long seconds = clock.instant().getEpochSecond();
    long process = ProcessHandle.current().pid();
    for (long i = 0; ; i++) {
      String free = "events.out.tfevents.%d.%s.%d.%d.v2".formatted(seconds, host(), process, i);
      if (Files.notExists(directory.resolve(free))) {
        return free;
      }
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9-]", "-");
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** Closes the file; the next event begins another. */
  void forget() throws IOException {
    close();
    name = Optional.empty();
    size = 0;
  }

  void close() throws IOException {
    if (open.isPresent()) {
      size = open.get().durableSize();
      open.get().close();
      open = Optional.empty();
    }
  }

  /** Which file it is and how long, all of it durable; null if there is none yet. */
  Json json() throws IOException {
    if (name.isEmpty()) {
      return Json.Null.NULL;
    }
    if (open.isPresent()) {
      size = open.get().durableSize();
    }
    return Json.object().put(FILE, name.get()).put(SIZE, size).build();
  }

  /**
   * @throws IllegalArgumentException if it is not what {@link #json} gives
   */
  void restore(Json.Obj attributes, String member) {
    if (attributes.get(member) == Json.Null.NULL) {
      name = Optional.empty();
      size = 0;
      return;
    }
    Json.Obj saved = attributes.object(member);
    String file = saved.text(FILE);
    if (!file.startsWith("events.out.tfevents.") || file.contains("/") || file.contains("\\")) {
      throw new IllegalArgumentException(
          "member '" + FILE + "' should be the name of a file of events and is '" + file + "'");
    }
    size = Attributes.count(saved, SIZE);
    name = Optional.of(file);
  }
}
