# Installs the library, its headers, the program, and the CMake package that find_package(closelab) reads.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/closelab")

install(TARGETS closelab EXPORT closelabTargets FILE_SET HEADERS)
install(EXPORT closelabTargets NAMESPACE closelab:: DESTINATION "${package_dir}")
if(CLOSELAB_BUILD_PROGRAM)
  install(TARGETS closelab_program)
endif()

configure_package_config_file(cmake/closelabConfig.cmake.in "${PROJECT_BINARY_DIR}/closelabConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/closelabConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/closelabConfig.cmake" "${PROJECT_BINARY_DIR}/closelabConfigVersion.cmake"
              cmake/FindLibmnl.cmake
        DESTINATION "${package_dir}")
