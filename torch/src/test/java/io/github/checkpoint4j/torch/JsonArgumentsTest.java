package io.github.checkpoint4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonArgumentsTest {
  private static TrainingArguments of(String json) throws IOException {
    byte[] text = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return TrainingArguments.builder()
        .set((Json.Obj) Json.parsePython(MemorySegment.ofArray(text), "arguments.json"))
        .build();
  }

  @Test
  void every_argument_that_is_recorded_is_read_back() throws IOException {
    TrainingArguments arguments =
        TrainingArguments.builder()
            .perDeviceTrainBatchSize(3)
            .perDeviceEvalBatchSize(5)
            .gradientAccumulationSteps(2)
            .numTrainEpochs(1.5)
            .maxSteps(70)
            .learningRate(3e-4)
            .lrSchedulerType(SchedulerType.CONSTANT_WITH_WARMUP)
            .warmupSteps(0.25)
            .optim(OptimizerType.SGD)
            .weightDecay(0.1)
            .adamBeta1(0.8)
            .adamBeta2(0.9)
            .adamEpsilon(1e-6)
            .maxGradNorm(0.5)
            .labelSmoothingFactor(0.2)
            .bf16(true)
            .gradientCheckpointing(true)
            .loggingStrategy(IntervalStrategy.EPOCH)
            .loggingSteps(7)
            .loggingFirstStep(true)
            .loggingNanInfFilter(true)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(4)
            .evalDelay(2.5)
            .evalOnStart(true)
            .predictionLossOnly(true)
            .saveStrategy(CheckpointStrategy.BEST)
            .saveSteps(0.125)
            .saveTotalLimit(4)
            .saveOnlyModel(true)
            .asyncSave(true)
            .loadBestModelAtEnd(true)
            .metricForBestModel("f1")
            .greaterIsBetter(false)
            .seed(9)
            .dataSeed(10)
            .dataloaderDropLast(true)
            .trainSamplingStrategy(SamplingStrategy.GROUP_BY_LENGTH)
            .build();
    Json.Obj recorded = Hyperparameters.of(arguments);

    assertThat(TrainingArguments.builder().set(recorded).build()).isEqualTo(arguments);
    Json.Obj defaults = Hyperparameters.of(TrainingArguments.builder().build());
    for (String name : recorded.members().keySet()) {
      assertThat(recorded.get(name)).as(name).isNotEqualTo(defaults.get(name));
    }
  }

  @Test
  void arguments_that_are_not_part_of_a_run_are_read_too() throws IOException {
    TrainingArguments arguments =
        of(
            "{'output_dir': 'runs/a', 'disable_tqdm': true, 'incremental_save': true,"
                + " 'resume_from_checkpoint': 'b/checkpoint-3', 'ignore_data_skip': true,"
                + " 'restore_callback_states_from_checkpoint': false, 'run_name': 'mine',"
                + " 'logging_dir': 'logs', 'fp16': false, 'deepspeed': null, 'report_to': []}");

    assertThat(arguments.outputDir()).isEqualTo(Path.of("runs/a"));
    assertThat(arguments.disableTqdm()).isTrue();
    assertThat(arguments.incrementalSave()).isTrue();
    assertThat(arguments.resumeFromCheckpoint())
        .isEqualTo(ResumeFrom.checkpoint(Path.of("b/checkpoint-3")));
    assertThat(arguments.ignoreDataSkip()).isTrue();
    assertThat(arguments.restoreCallbackStatesFromCheckpoint()).isFalse();
    assertThat(of("{'resume_from_checkpoint': true}").resumeFromCheckpoint())
        .isEqualTo(ResumeFrom.newest());
  }

  @Test
  void all_that_python_writes_of_its_arguments_is_understood() throws IOException {
    Path golden = Path.of(System.getProperty("checkpoint4j.root"), "golden/pytorch");
    Map<String, Json> all =
        new LinkedHashMap<>(
            GoldenRun.json(golden.resolve("training_args.json"))
                .object("training_args.bin")
                .object("values")
                .members());
    all.keySet()
        .removeIf(
            name ->
                name.startsWith("_") || name.endsWith("_plugin") || name.endsWith("_plugin_args"));
    all.keySet().remove("mixed_precision");
    all.keySet().removeAll(Set.of("report_to", "lr_scheduler_type", "lr_scheduler_kwargs"));
    all.put("accelerator_config", GoldenRun.json("{\"use_seedable_sampler\": true}"));

    TrainingArguments arguments = TrainingArguments.builder().set(Json.object(all)).build();

    assertThat(all).hasSizeGreaterThan(90);
    assertThat(arguments.learningRate()).isEqualTo(3e-4);
    assertThat(arguments.outputDir()).isEqualTo(Path.of("runs/exp 1"));
    assertThat(arguments.resumeFromCheckpoint())
        .isEqualTo(ResumeFrom.checkpoint(Path.of("runs/exp 1/checkpoint-10")));
  }

  @Test
  void names_of_older_versions_are_understood() throws IOException {
    TrainingArguments arguments =
        of(
            "{'evaluation_strategy': 'epoch', 'per_gpu_train_batch_size': 4,"
                + " 'per_device_train_batch_size': 8, 'per_gpu_eval_batch_size': null,"
                + " 'per_device_eval_batch_size': 16, 'warmup_steps': 0, 'warmup_ratio': 0.1,"
                + " 'adafactor': false, 'group_by_length': false}");

    assertThat(arguments.evalStrategy()).isEqualTo(IntervalStrategy.EPOCH);
    assertThat(arguments.perDeviceTrainBatchSize()).isEqualTo(4);
    assertThat(arguments.perDeviceEvalBatchSize()).isEqualTo(16);
    assertThat(arguments.warmupSteps()).isEqualTo(0.1);
    assertThat(of("{'evaluate_during_training': true}").evalStrategy())
        .isEqualTo(IntervalStrategy.STEPS);
    assertThat(of("{'group_by_length': true}").trainSamplingStrategy())
        .isEqualTo(SamplingStrategy.GROUP_BY_LENGTH);
    assertThat(of("{'warmup_steps': 5, 'warmup_ratio': 0.1}").warmupSteps()).isEqualTo(5);
    assertThat(of("{'warmup_ratio': 1}").warmupSteps(37)).isEqualTo(37);
  }

  @Test
  void gradient_checkpointing_has_two_names_and_its_details_change_no_number() throws IOException {
    assertThat(of("{'gradient_checkpointing': true}").gradientCheckpointing()).isTrue();
    assertThat(
            of("{'activation_checkpointing': true, 'gradient_checkpointing': false}")
                .gradientCheckpointing())
        .isTrue();
    assertThat(
            of("{'activation_checkpointing': null, 'gradient_checkpointing': true}")
                .gradientCheckpointing())
        .isTrue();
    assertThat(
            of(
                "{'gradient_checkpointing_kwargs': {'use_reentrant': true, 'every_n_layers': 2},"
                    + " 'activation_checkpointing_kwargs': {'preserve_rng_state': true}}"))
        .isEqualTo(TrainingArguments.builder().build());
  }

  @Test
  void what_hugging_face_takes_for_nothing_is_nothing() throws IOException {
    assertThat(of("{'max_steps': 0}").maxSteps()).isEqualTo(-1);
    assertThat(of("{'save_total_limit': 0}").saveTotalLimit()).isEmpty();
    assertThat(of("{'save_total_limit': null, 'data_seed': null}"))
        .isEqualTo(TrainingArguments.builder().build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"learning_rat\": 1 | there is no argument 'learning_rat'; the names are those of Hugging"
            + " Face's TrainingArguments",
        "\"learning_rate\": \"1\" | learning_rate is \"1\"; it has to be a number",
        "\"max_steps\": 1.5 | max_steps is 1.5; it has to be a whole number",
        "\"max_steps\": 1e30 | max_steps is 1e+30; it has to be a whole number",
        "\"save_total_limit\": 4294967296 | save_total_limit is 4294967296; it has to be a whole"
            + " number of at most 2147483647",
        "\"eval_on_start\": 1 | eval_on_start is 1; it has to be true or false",
        "\"output_dir\": 1 | output_dir is 1; it has to be a string",
        "\"resume_from_checkpoint\": 1 | resume_from_checkpoint is 1; it has to be a string",
        "\"optim\": \"lion\" | optim is \"lion\", which is not supported; there are"
            + " adamw_torch_fused, adamw_torch, sgd",
        "\"adafactor\": true | optim is \"adafactor\", which is not supported; there are"
            + " adamw_torch_fused, adamw_torch, sgd",
        "\"train_sampling_strategy\": \"batch_rebalance\" | train_sampling_strategy is"
            + " \"batch_rebalance\", which is not supported; there are random, sequential,"
            + " group_by_length",
        "\"fp16\": true | fp16 is true, which is not supported; leave it out",
        "\"bf16_full_eval\": true | bf16_full_eval is true, which is not supported; leave it out",
        "\"tf32\": true | tf32 is true, which is not supported; leave it out",
        "\"accelerator_config\": {\"use_seedable_sampler\": false} | accelerator_config is"
            + " {\"use_seedable_sampler\":false}, which is not supported; leave it out",
        "\"activation_checkpointing_kwargs\": {\"preserve_rng_state\": false} |"
            + " gradient_checkpointing_kwargs is {\"preserve_rng_state\":false}, which is not"
            + " supported; leave it out",
        "\"deepspeed\": \"zero3.json\" | deepspeed is \"zero3.json\", which is not supported;"
            + " leave it out",
        "\"lr_scheduler_kwargs\": {\"power\": 2} | lr_scheduler_kwargs is {\"power\":2}, which is"
            + " not supported; leave it out",
      })
  void what_cannot_be_is_refused_by_name(String member, String message) {
    assertThatThrownBy(() -> of("{" + member + "}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
