package io.github.checkpoint4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.format.Json;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TasksTest {
  private final Semaphore steps = new Semaphore(0);
  private final CountDownLatch begun = new CountDownLatch(1);
  private final Tasks tasks =
      new Tasks(thrown -> new RequestRefusedException(500, "told: " + thrown.getMessage()));

  @AfterEach
  void end() {
    tasks.close();
    steps.release(1000);
  }

  private Json work(Task task) throws InterruptedException {
    task.total(100);
    for (int i = 0; i < 10; i++) {
      begun.countDown();
      steps.acquire();
      task.advance(10);
    }
    return Json.of("result");
  }

  private static void awaitEnd(Task task) throws InterruptedException {
    while (task.running()) {
      Thread.sleep(1);
    }
  }

  @Test
  void a_task_says_how_far_it_is_and_what_came_of_it() throws Exception {
    Task task = tasks.start(this::work);
    begun.await();
    assertThat(task.json().text("state")).isEqualTo("running");
    assertThat(task.json().integer("total")).isEqualTo(100);
    steps.release(3);
    while (task.json().integer("done") < 30) {
      Thread.sleep(1);
    }

    steps.release(7);
    awaitEnd(task);
    assertThat(tasks.get(task.id()).json())
        .isEqualTo(
            Json.object()
                .put("id", task.id())
                .put("state", "done")
                .put("done", 100)
                .put("total", 100)
                .put("result", "result")
                .build());
  }

  @Test
  void a_cancelled_task_ends_where_it_next_says_how_far_it_is() throws Exception {
    Task task = tasks.start(this::work);
    begun.await();
    task.cancel();
    steps.release();
    awaitEnd(task);

    assertThat(task.json().text("state")).isEqualTo("cancelled");
    assertThat(task.json().integer("done")).isZero();
    task.cancel();
    assertThat(task.json().text("state")).isEqualTo("cancelled");
  }

  @Test
  void a_task_that_fails_says_why() throws Exception {
    for (Throwable failure :
        new Throwable[] {new IOException("broken"), new InternalError("broken")}) {
      Task task =
          tasks.start(
              _ -> {
                if (failure instanceof Error error) {
                  throw error;
                }
                throw (Exception) failure;
              });
      awaitEnd(task);

      assertThat(task.json().text("state")).isEqualTo("failed");
      assertThat(task.json().object("result").text("error")).isEqualTo("told: broken");
    }
  }

  @Test
  void more_than_a_few_at_once_are_refused_and_old_ones_forgotten() throws Exception {
    Task first = tasks.start(_ -> Json.of(1));
    awaitEnd(first);
    for (int i = 0; i < Tasks.AT_ONCE; i++) {
      tasks.start(this::work);
    }
    assertThatThrownBy(() -> tasks.start(this::work))
        .hasMessage("2 tasks are running; wait for one to end, or cancel it");

    assertThat(tasks.get(first.id())).isSameAs(first);
    steps.release(1000);
    for (int i = 0; i < 40; i++) {
      Task task = startWhenThereIsRoom();
      awaitEnd(task);
    }
    assertThatThrownBy(() -> tasks.get(first.id()))
        .isInstanceOfSatisfying(
            RequestRefusedException.class, e -> assertThat(e.status()).isEqualTo(404))
        .hasMessage("there is no such task; begin it again");
  }

  private Task startWhenThereIsRoom() throws InterruptedException {
    while (true) {
      try {
        return tasks.start(_ -> Json.of(2));
      } catch (RequestRefusedException e) {
        Thread.sleep(1);
      }
    }
  }
}
