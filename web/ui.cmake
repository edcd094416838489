# The dashboard: npm ci, vite build, then every file and its gzip into the library. With WEIR_UI=OFF a page that says how to build it.
if(NOT WEIR_UI)
  target_sources(weir_web PRIVATE ui_off/assets_off.cc)
  return()
endif()

find_program(WEIR_NODE NAMES node nodejs)
find_program(WEIR_NPM npm)
if(NOT WEIR_NODE OR NOT WEIR_NPM)
  message(FATAL_ERROR "The dashboard needs node (18 or newer) and npm: apt-get install nodejs npm, or configure with -DWEIR_UI=OFF")
endif()
enable_language(ASM)

set(ui ${CMAKE_CURRENT_SOURCE_DIR}/ui)
set(ui_out ${CMAKE_CURRENT_BINARY_DIR}/ui)
file(GLOB_RECURSE ui_sources CONFIGURE_DEPENDS ${ui}/src/* ${ui}/public/*)
# npm writes this file last: it stands for an installation that is complete.
add_custom_command(OUTPUT ${ui}/node_modules/.package-lock.json
  DEPENDS ${ui}/package.json ${ui}/package-lock.json
  COMMAND ${WEIR_NPM} ci --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${ui}/node_modules/.package-lock.json
  WORKING_DIRECTORY ${ui} COMMENT "Installing the dashboard's packages" VERBATIM)
add_custom_command(OUTPUT ${ui_out}/assets_data.S ${ui_out}/assets_table.cc
  DEPENDS ${ui_sources} ${ui}/index.html ${ui}/vite.config.ts ${ui}/tsconfig.json ${ui}/scripts/embed.mjs ${ui}/scripts/size.mjs
          ${ui}/node_modules/.package-lock.json
  COMMAND ${WEIR_NODE} node_modules/typescript/bin/tsc --noEmit
  COMMAND ${WEIR_NODE} node_modules/vite/bin/vite.js build --outDir ${ui_out}/dist --emptyOutDir --logLevel warn
  COMMAND ${WEIR_NODE} scripts/size.mjs ${ui_out}/dist > ${ui_out}.size
  COMMAND ${WEIR_NODE} scripts/embed.mjs ${ui_out}/dist ${ui_out}
  WORKING_DIRECTORY ${ui} COMMENT "Building the dashboard" VERBATIM)
target_sources(weir_web PRIVATE ${ui_out}/assets_table.cc ${ui_out}/assets_data.S)
set_source_files_properties(${ui_out}/assets_data.S PROPERTIES OBJECT_DEPENDS ${ui_out}/assets_table.cc)
set_source_files_properties(${ui_out}/assets_table.cc ${ui_out}/assets_data.S PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
