package io.github.checkpoint4j.keras.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The callbacks do in made-up trainings what Keras's did, and print the same. */
class KerasGoldenTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"checkpoint.json", "early_stopping.json", "plateau.json", "csv.json"})
  void the_outcomes_are_those_of_keras(String file) throws IOException {
    var outcomes = new Outcomes(folder);
    for (Json.Obj given : Golden.cases(file)) {
      assertThat(outcomes.of(given)).as(given.object("args").toText()).isEqualTo(expected(given));
    }
  }

  /** Of each file saved Keras tells its path, which is in what is printed, too. */
  static Json.Obj expected(Json.Obj given) {
    Map<String, Json> expected = new LinkedHashMap<>(given.object("expected").members());
    if (expected.get("saved") instanceof Json.Arr saved) {
      List<Json> weightsOnly = new ArrayList<>();
      for (Json item : saved.items()) {
        Json.Arr pathAndWeights = (Json.Arr) item;
        weightsOnly.add(pathAndWeights.items().get(1));
        assertThat(given.object("expected").text("printed"))
            .contains("finished saving model to " + path(pathAndWeights));
      }
      expected.put("saved", Json.array(weightsOnly));
    }
    return Json.object(expected);
  }

  private static String path(Json.Arr pathAndWeights) {
    return ((Json.Str) pathAndWeights.items().getFirst()).value();
  }
}
