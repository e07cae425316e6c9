# Most of what compiling one of our files takes are the headers that it includes and the templates that it uses, the same
# in every file. A release therefore compiles the files of a folder as one, in a third of the time; so no two files of a
# folder may have the same name in their anonymous namespaces (tests/structure/rules.sh, units). A debug build, such as
# those of ./check, compiles each file alone: a file must include what it uses.
if(PROJECT_IS_TOP_LEVEL AND CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(one_unit_a_folder OFF)
else()
  set(one_unit_a_folder ON)
endif()
option(CLOSELAB_ONE_UNIT_A_FOLDER "Compile the files of a folder as one: faster to build, slower to build again"
       ${one_unit_a_folder})

# closelab_compile_by_folder(<target>): the sources that the target has so far, but for generated ones.
function(closelab_compile_by_folder target)
  if(NOT CLOSELAB_ONE_UNIT_A_FOLDER)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # What has a name of one file is global to the next, where a parameter may have the same; each file alone is checked.
  target_compile_options(${target} PRIVATE -Wno-shadow)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "^/")
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    string(REPLACE "/" "_" unit "unit_${folder}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${unit})
  endforeach()
endfunction()
