package io.github.checkpoint4j.store;

import io.github.checkpoint4j.store.Disk.EntryOperation;
import io.github.checkpoint4j.store.Disk.Tree;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;

/**
 * The states a {@link Disk} may be in after a crash, by the rules of {@link CrashStorage}: all of
 * them if they are no more than the limit, otherwise the regular ones and a random sample.
 */
final class CrashStates {
  private final Disk disk;
  private final String point;
  private final int limit;
  private final boolean[][] dependencies;
  private final Map<Long, CrashState> states = new LinkedHashMap<>();

  private CrashStates(Disk disk, String point, int limit) {
    this.disk = disk;
    this.point = point;
    this.limit = limit;
    List<EntryOperation> pending = disk.pending();
    dependencies = new boolean[pending.size()][pending.size()];
    for (int later = 0; later < pending.size(); later++) {
      for (int earlier = 0; earlier < later; earlier++) {
        dependencies[later][earlier] = pending.get(later).dependsOn(pending.get(earlier));
      }
    }
  }

  static List<CrashState> of(Disk disk, String point, int limit, RandomGenerator random) {
    CrashStates found = new CrashStates(disk, point, limit);
    if (!found.addAll()) {
      found.states.clear();
      found.addRegular();
      found.addRandom(random);
    }
    return List.copyOf(found.states.values());
  }

  /** The state in which nothing is left that was not durable. */
  static CrashState worst(Disk disk, String point) {
    Tree tree = disk.survivors(new boolean[disk.pending().size()]);
    TreeMap<String, Remains> files = new TreeMap<>();
    tree.files().forEach((path, file) -> files.put(path, file.least()));
    List<String> lost = disk.pending().stream().map(EntryOperation::text).toList();
    return new CrashState(point, lost, tree.directories(), files);
  }

  /** The state in which nothing is lost. */
  static CrashState best(Disk disk, String point) {
    boolean[] kept = new boolean[disk.pending().size()];
    Arrays.fill(kept, true);
    Tree tree = disk.survivors(kept);
    TreeMap<String, Remains> files = new TreeMap<>();
    tree.files().forEach((path, file) -> files.put(path, file.whole()));
    return new CrashState(point, List.of(), tree.directories(), files);
  }

  /** Adds every state; returns false as soon as there are more than the limit. */
  private boolean addAll() {
    return addSubsets(new boolean[dependencies.length], 0, new int[] {0});
  }

  private boolean addSubsets(boolean[] kept, int next, int[] subsets) {
    if (next == kept.length) {
      // Different subsets can give the same tree: also their number is limited.
      return ++subsets[0] <= 4 * limit && addContents(kept);
    }
    boolean going = addSubsets(kept, next + 1, subsets);
    if (going && mayKeep(kept, next)) {
      kept[next] = true;
      going = addSubsets(kept, next + 1, subsets);
      kept[next] = false;
    }
    return going;
  }

  private boolean addContents(boolean[] kept) {
    Tree tree = disk.survivors(kept);
    long combinations = 1;
    for (Disk.File file : tree.files().values()) {
      combinations *= file.remains().size();
      if (combinations > limit) {
        return false;
      }
    }
    for (long i = 0; i < combinations; i++) {
      long[] rest = {i};
      add(
          kept,
          tree,
          file -> {
            int choices = file.remains().size();
            int choice = (int) (rest[0] % choices);
            rest[0] /= choices;
            return choice;
          });
    }
    return states.size() <= limit;
  }

  /**
   * Adds what an ordered journal leaves, with all contents whole, and damaged in one way or another
   * as far as half of the limit goes: the rest is for what no journal keeps in order.
   */
  private void addRegular() {
    boolean[] kept = new boolean[dependencies.length];
    int most = Math.max(1, limit / 2 / (kept.length + 1));
    for (int length = 0; length <= kept.length; length++) {
      Arrays.fill(kept, 0, length, true);
      Tree tree = disk.survivors(kept);
      int ways = tree.files().values().stream().mapToInt(f -> f.remains().size()).max().orElse(1);
      for (int way = 0; way < Math.min(ways, most); way++) {
        int chosen = way;
        add(kept, tree, file -> Math.min(chosen, file.remains().size() - 1));
      }
    }
  }

  private void addRandom(RandomGenerator random) {
    for (int tries = 0; states.size() < limit && tries < 3 * limit; tries++) {
      boolean[] kept = new boolean[dependencies.length];
      int odds = 1 + random.nextInt(9);
      for (int i = 0; i < kept.length; i++) {
        kept[i] = mayKeep(kept, i) && random.nextInt(10) < odds;
      }
      int damage = random.nextInt(11);
      add(
          kept,
          disk.survivors(kept),
          file -> random.nextInt(10) < damage ? random.nextInt(file.remains().size()) : 0);
    }
  }

  private boolean mayKeep(boolean[] kept, int operation) {
    for (int earlier = 0; earlier < operation; earlier++) {
      if (dependencies[operation][earlier] && !kept[earlier]) {
        return false;
      }
    }
    return true;
  }

  private void add(boolean[] kept, Tree tree, ToIntFunction<Disk.File> choice) {
    TreeMap<String, Remains> files = new TreeMap<>();
    tree.files()
        .forEach((path, file) -> files.put(path, file.remains().get(choice.applyAsInt(file))));
    List<String> lost = new ArrayList<>();
    for (int i = 0; i < kept.length; i++) {
      if (!kept[i]) {
        lost.add(disk.pending().get(i).text());
      }
    }
    CrashState state = new CrashState(point, lost, tree.directories(), files);
    states.putIfAbsent(state.key(), state);
  }
}
