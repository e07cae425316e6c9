# The manual pages and completions, which the program prints itself when it is built; nothing of it is in git.
#
#   closelab_man_pages    files
#   closelab_completions  a folder with a file for each shell, as the shells name them

set(closelab_man_pages)
set(closelab_completions "${PROJECT_BINARY_DIR}/completions")
set(printed_files)

# closelab_printed(<file> <argument>...): the file holds what closelab prints with these arguments.
function(closelab_printed file)
  add_custom_command(OUTPUT "${file}"
    COMMAND closelab_program ${ARGN} > "${file}"
    DEPENDS closelab_program
    VERBATIM)
endfunction()

file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/man" "${closelab_completions}")
foreach(command "" serve run watch)
  string(REGEX REPLACE "-$" "" page "closelab-${command}")
  closelab_printed("${PROJECT_BINARY_DIR}/man/${page}.1" man ${command})
  list(APPEND closelab_man_pages "${PROJECT_BINARY_DIR}/man/${page}.1")
endforeach()
closelab_printed("${closelab_completions}/closelab" completions bash)
closelab_printed("${closelab_completions}/_closelab" completions zsh)
closelab_printed("${closelab_completions}/closelab.fish" completions fish)
add_custom_target(closelab_printed_files ALL DEPENDS
  ${closelab_man_pages} "${closelab_completions}/closelab" "${closelab_completions}/_closelab"
  "${closelab_completions}/closelab.fish")
