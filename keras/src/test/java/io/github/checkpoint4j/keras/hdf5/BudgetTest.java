package io.github.checkpoint4j.keras.hdf5;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BudgetTest {
  @Test
  void a_small_file_may_be_looked_at_as_a_few_megabytes() {
    Budget budget = new Budget(100);

    assertThat(budget.spend(8 << 20)).isTrue();
    assertThat(budget.spend(1600)).isTrue();
    assertThat(budget.spend(1)).isFalse();
  }

  @Test
  void a_file_of_any_size_has_a_budget() {
    assertThat(new Budget(Long.MAX_VALUE).spend(1L << 32)).isTrue();
    assertThat(new Budget(Long.MAX_VALUE).spend((1L << 32) + 1)).isFalse();
  }

  @Test
  void what_deflate_cannot_have_made_is_not_warranted() {
    assertThat(Budget.warrants(0, 16 << 20)).isTrue();
    assertThat(Budget.warrants(0, (16 << 20) + 1)).isFalse();
    assertThat(Budget.warrants(1 << 20, 1032L << 20)).isTrue();
    assertThat(Budget.warrants(1 << 20, 1102L << 20)).isFalse();
    assertThat(Budget.warrants(1L << 60, Long.MAX_VALUE)).isTrue();
  }
}
