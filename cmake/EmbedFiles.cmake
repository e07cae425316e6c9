# closelab_embed(<target> <symbol> <file>...): the files' texts as `const EmbeddedFile <symbol>[]`, compiled into the
# target; server/lab/page/embedded_file.h declares the type. Made anew when a file changes; nothing generated is in git.
function(closelab_embed target symbol)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp")
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  add_custom_command(
    OUTPUT "${source}"
    COMMAND "${CMAKE_COMMAND}" -D "OUTPUT=${source}" -D "SYMBOL=${symbol}" -D "FILES=${files}"
            -P "${PROJECT_SOURCE_DIR}/cmake/WriteEmbedded.cmake"
    DEPENDS ${files} "${PROJECT_SOURCE_DIR}/cmake/WriteEmbedded.cmake"
    VERBATIM)
  target_sources(${target} PRIVATE "${source}")
endfunction()
