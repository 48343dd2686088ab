package io.github.checkpoint4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.state.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What real numpy and TensorFlow save now is read as they read it. */
@Tag("interop")
class NumPyInteropTest {
  /** Arrays of random dtypes, shapes and orders, and of each a row as in expected.json. */
  private static final String ARRAYS =
      """
      import hashlib, json, sys
      import numpy as np
      folder, seed = sys.argv[1], int(sys.argv[2])
      names = {'bool': 'BOOL', 'uint8': 'U8', 'int8': 'I8', 'uint16': 'U16', 'int16': 'I16', 'uint32': 'U32',
               'int32': 'I32', 'uint64': 'U64', 'int64': 'I64', 'float16': 'F16', 'float32': 'F32', 'float64': 'F64',
               'complex64': 'C64', 'complex128': 'C128'}
      rng = np.random.default_rng(seed)
      for i in range(40):
          arrays, rows = {}, []
          for j in range(int(rng.integers(1, 6))):
              dtype = str(rng.choice(list(names)))
              shape = tuple(int(n) for n in rng.integers(0, 6, int(rng.integers(0, 5))))
              array = (rng.standard_normal(shape) * 100).astype(np.complex128 if dtype[0] == 'c' else np.float64)
              array = np.asarray(array if dtype[0] in 'fc' else np.abs(array)).astype(dtype)
              array = np.array(array, order=str(rng.choice(['C', 'F'])))
              if rng.random() < 0.5:
                  array = array.astype(array.dtype.newbyteorder('>'))
              name = f'layer/{j}/w' if rng.random() < 0.5 else f'w{j}'
              arrays[name] = array
              little = array.astype(array.dtype.newbyteorder('<'))
              rows.append({'name': name, 'dtype': names[dtype], 'shape': list(shape),
                           'sha256': hashlib.sha256(little.tobytes()).hexdigest()})
          (np.savez if rng.random() < 0.5 else np.savez_compressed)(f'{folder}/{i}.npz', **arrays)
          json.dump(rows, open(f'{folder}/{i}.json', 'w'))
      """;

  @Test
  void whatever_numpy_saves_is_read(@TempDir Path folder) throws Exception {
    long seed = System.nanoTime();
    PyTorchInteropTest.python("-c", ARRAYS, folder, seed);

    int files = 0;
    for (Path file : new Golden(folder).files("", ".npz")) {
      String rows = file.getFileName().toString().replace(".npz", ".json");
      Json expected = Json.parse(new Golden(folder).bytes(rows), rows);

      assertThat(Golden.rows(NumPy.archive(Golden.bytes(file), "x")))
          .as("%s of seed %d", file, seed)
          .isEqualTo(expected);
      NumPy.requireChecksums(Golden.bytes(file), "x");
      files++;
    }
    assertThat(files).isEqualTo(40);
  }

  /** A model that trains a step, and of each variable its digest. */
  private static final String CHECKPOINT =
      """
      import hashlib, json, sys
      import numpy as np
      import tensorflow as tf
      folder = sys.argv[1]
      model = tf.Module()
      model.layers = [tf.Variable(tf.random.normal([7, i + 1]), name=f'w{i}') for i in range(12)]
      model.half = tf.Variable(tf.cast(tf.random.normal([3]), tf.bfloat16))
      prefix = tf.train.Checkpoint(model=model, step=tf.Variable(3, dtype=tf.int64)).save(folder + '/ckpt')
      reader = tf.train.load_checkpoint(prefix)
      rows = {}
      for name in reader.get_variable_to_shape_map():
          if name != '_CHECKPOINTABLE_OBJECT_GRAPH':
              rows[name] = hashlib.sha256(np.asarray(reader.get_tensor(name)).tobytes()).hexdigest()
      json.dump(rows, open(folder + '/expected.json', 'w'))
      """;

  @Test
  void what_tensorflow_saves_is_read(@TempDir Path folder) throws Exception {
    PyTorchInteropTest.python("-c", CHECKPOINT, folder);
    Golden files = new Golden(folder);

    TensorFlowCheckpoint index = TensorFlowCheckpoint.parse(files.bytes("ckpt-1.index"), "x");
    Map<String, MemorySegment> shards = new LinkedHashMap<>();
    for (String name : index.shards("ckpt-1")) {
      shards.put(name, files.bytes(name));
    }
    Map<String, Json> digests = new TreeMap<>();
    index
        .read("ckpt-1", shards)
        .forEach(
            (name, value) -> {
              if (value instanceof Tensor tensor) {
                digests.put(name, Json.of(Golden.sha256(tensor.toByteArray())));
              }
            });

    assertThat(digests).hasSize(15).isEqualTo(files.expected().members());
    assertThat(index.damaged("ckpt-1", shards)).isEmpty();
  }
}
