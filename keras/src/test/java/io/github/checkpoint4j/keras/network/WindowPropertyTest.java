package io.github.checkpoint4j.keras.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.checkpoint4j.keras.network.Window.Edge;
import io.github.checkpoint4j.keras.network.Window.Padding;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class WindowPropertyTest {
  private static Edge edge(long size, long stride, long dilation, Padding padding, long length) {
    return new Window(new long[] {size}, new long[] {stride}, new long[] {dilation}, padding, false)
        .edges(new long[] {length})[0];
  }

  @Property
  void same_padding_gives_a_place_for_every_stride_begun_and_no_more_than_that(
      @ForAll @LongRange(min = 1, max = 9) long size,
      @ForAll @LongRange(min = 1, max = 5) long stride,
      @ForAll @LongRange(min = 1, max = 3) long dilation,
      @ForAll @LongRange(min = 1, max = 40) long length) {
    Edge edge = edge(size, stride, dilation, Padding.SAME, length);
    long extent = (size - 1) * dilation + 1;
    long padded = length + edge.before() + edge.after();
    long wanted = (length + stride - 1) / stride;

    assertThat((padded - extent) / stride + 1).isEqualTo(wanted);
    assertThat(edge.after() - edge.before()).isBetween(0L, 1L);
    if (edge.before() + edge.after() > 0) {
      assertThat(Math.floorDiv(padded - 1 - extent, stride) + 1)
          .as("places with one element fewer")
          .isLessThan(wanted);
    }
  }

  @Property
  void causal_padding_is_in_front_and_keeps_the_length(
      @ForAll @LongRange(min = 1, max = 9) long size,
      @ForAll @LongRange(min = 1, max = 3) long dilation,
      @ForAll @LongRange(min = 1, max = 40) long length) {
    Edge edge = edge(size, 1, dilation, Padding.CAUSAL, length);
    assertThat(edge.after()).isZero();
    assertThat(length + edge.before() - (size - 1) * dilation).isEqualTo(length);
  }

  @Property
  void valid_padding_is_none(
      @ForAll @LongRange(min = 1, max = 9) long size,
      @ForAll @LongRange(min = 1, max = 40) long length) {
    assertThat(edge(size, 2, 1, Padding.VALID, length)).isEqualTo(new Edge(0, 0));
  }

  @Example
  void a_window_that_does_not_move_is_an_error() {
    assertThatThrownBy(() -> edge(3, 0, 1, Padding.SAME, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "sizes, strides and dilations of a window are [3], [0] and [1]; they have to be as"
                + " many, and above 0");
  }
}
