# The manual pages and completions, which the program prints itself when it is built; nothing of it is in git.
#
#   closelab_man_pages    files
#   closelab_completions  a folder with a file for each shell, as the shells name them

set(closelab_man_pages)
set(closelab_completions "${PROJECT_BINARY_DIR}/completions")
set(printed_files)

find_program(GZIP_PROGRAM gzip REQUIRED)
mark_as_advanced(GZIP_PROGRAM)

# closelab_printed(<file> <argument>...): the file holds what closelab prints with these arguments, .gz compressed.
function(closelab_printed file)
  set(command closelab_program ${ARGN})
  if(file MATCHES "\\.gz$")
    list(APPEND command | "${GZIP_PROGRAM}" -9n)
  endif()
  add_custom_command(OUTPUT "${file}" COMMAND ${command} > "${file}" DEPENDS closelab_program VERBATIM)
endfunction()

file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/man" "${closelab_completions}")
foreach(command "" serve run watch audit)
  string(REGEX REPLACE "-$" "" page "closelab-${command}")
  set(page "${PROJECT_BINARY_DIR}/man/${page}.1.gz")
  closelab_printed("${page}" man ${command})
  list(APPEND closelab_man_pages "${page}")
endforeach()
closelab_printed("${closelab_completions}/closelab" completions bash)
closelab_printed("${closelab_completions}/_closelab" completions zsh)
closelab_printed("${closelab_completions}/closelab.fish" completions fish)
add_custom_target(closelab_printed_files ALL DEPENDS
  ${closelab_man_pages} "${closelab_completions}/closelab" "${closelab_completions}/_closelab"
  "${closelab_completions}/closelab.fish")
