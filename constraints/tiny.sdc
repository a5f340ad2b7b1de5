# Timing constraints of the committed reference design, rtl-out/tiny, top level memgan_top.
# Times in nanoseconds.

set clock_period 10.0 ;# 100 MHz, the description's clock.mhz
set io_delay      2.0 ;# of the surroundings, each way

create_clock -name clk -period $clock_period [get_ports clk_i]
set_clock_uncertainty 0.2 [get_clocks clk]

# Every port but clock and reset belongs to the clock.
set_input_delay $io_delay -clock clk [get_ports {
  cmd_valid_i cmd_op_i* cmd_arg_i*
  in_valid_i in_data_i*
  out_ready_i
  prog_valid_i prog_tile_i* prog_row_i* prog_group_i* prog_data_i*
  cfg_valid_i cfg_space_i cfg_addr_i* cfg_data_i*
}]
set_output_delay $io_delay -clock clk [get_ports {
  cmd_ready_o
  in_ready_o
  out_valid_o out_data_o* out_last_o
  prog_ready_o cfg_ready_o
  busy_o op_o* array_active_o
  tap_valid_o tap_addr_o* tap_mask_o* tap_data_o*
}]

# The reset may fall at any time; whoever drives it must raise it in step with clk_i.
set_false_path -fall_from [get_ports rst_ni]
