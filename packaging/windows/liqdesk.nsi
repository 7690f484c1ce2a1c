; Per-user installer of liqdesk for Windows: no administrator's rights, nothing outside the user's own folders and registry.
;
; Not compiled by itself: packaging/steps/windows.py writes a script that defines what is used below (VERSION, NUMBERS, EXE, CLI, OUT,
; COMPRESSION, KB, ICON, PICTURE, PUBLISHER, COPYRIGHT, SUMMARY, EXTENSION, MEDIA_TYPE, RECORDING, and SIGN on Windows) and the macros
; InstallFiles and DeleteFiles, made from the same list of files, and then includes this one.
;
; Options: /S asks nothing, /D=FOLDER (last, unquoted) installs elsewhere. The uninstaller knows /S too, and then keeps the user's data.
; Exit codes: 0 done, 1 cancelled, 2 failed, 3 the program runs, 4 a newer version is installed, 5 this Windows is too old.

Unicode true
!pragma warning error all
!if "${COMPRESSION}" == "off" ; what is compiled for its syntax alone
  SetCompress off
!else
  SetCompressor /SOLID ${COMPRESSION}
!endif
RequestExecutionLevel user
ManifestDPIAware true
ManifestSupportedOS all

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh
!include WinVer.nsh
!include x64.nsh

!define PRODUCT "liqdesk"
!define PROGID "liqdesk.recording"
!define ENTRY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${PRODUCT}"
!define OWN "Software\${PRODUCT}"
!define CLASSES "Software\Classes"
!define APP_PATHS "Software\Microsoft\Windows\CurrentVersion\App Paths\${EXE}"
!define USER_DATA "$LOCALAPPDATA\${PRODUCT}"        ; liqdesk/paths.py: default_profile()
!define CACHE "$LOCALAPPDATA\${PRODUCT}\Cache"      ; liqdesk/paths.py: cache_dir()
!define OLDEST_BUILD 17763                          ; Windows 10 1809, the oldest that Qt 6 supports

Name "${PRODUCT} ${VERSION}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\${PRODUCT}"
InstallDirRegKey HKCU "${OWN}" "Folder"
BrandingText "${PRODUCT} ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${NUMBERS}"
VIAddVersionKey "CompanyName" "${PUBLISHER}"
VIAddVersionKey "FileDescription" "${PRODUCT} setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "${COPYRIGHT}"
VIAddVersionKey "ProductName" "${PRODUCT}"
VIAddVersionKey "ProductVersion" "${VERSION}"

!ifdef SIGN
  !uninstfinalize '${SIGN} "%1"'
!endif

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_WELCOMEFINISHPAGE_BITMAP "${PICTURE}"
!define MUI_WELCOMEFINISHPAGE_BITMAP_STRETCH AspectFitHeight
!define MUI_FINISHPAGE_RUN "$INSTDIR\${EXE}"
!define MUI_FINISHPAGE_RUN_TEXT "Start ${PRODUCT}"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; A program that runs holds its file, which then cannot be opened for writing. Leaves with 3 unless it is closed meanwhile.
!macro RefuseWhileRuns WHERE PROGRAM
  ${If} ${FileExists} "${WHERE}\${PROGRAM}"
    ${Do}
      ClearErrors
      FileOpen $0 "${WHERE}\${PROGRAM}" a
      ${IfNot} ${Errors}
        FileClose $0
        ${ExitDo}
      ${EndIf}
      ${If} ${Cmd} `MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "${PROGRAM} is running from ${WHERE}. Close its window, and its icon in the notification area if it goes on recording there; then choose Retry." /SD IDCANCEL IDCANCEL`
        SetErrorLevel 3
        Quit
      ${EndIf}
    ${Loop}
  ${EndIf}
!macroend

!macro RefuseWhileRunning WHERE
  !insertmacro RefuseWhileRuns "${WHERE}" "${EXE}"
  !insertmacro RefuseWhileRuns "${WHERE}" "${CLI}"
!macroend

!macro TellShell
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)' ; SHCNE_ASSOCCHANGED
!macroend

Section "${PRODUCT}" PROGRAM
  SectionIn RO
  !insertmacro RefuseWhileRunning "$INSTDIR"

  ; An older version leaves first, by its own list of files; what the user made stays, since it is asked nothing.
  ReadRegStr $1 HKCU "${OWN}" "Folder"
  ${If} $1 != ""
  ${AndIf} ${FileExists} "$1\uninstall.exe"
    !insertmacro RefuseWhileRunning "$1"
    StrCpy $2 2 ; stays where it cannot be started
    ExecWait '"$1\uninstall.exe" /S _?=$1' $2
    ${If} $2 != 0
      MessageBox MB_OK|MB_ICONSTOP "The version in $1 could not be removed ($2). Nothing was installed." /SD IDOK
      SetErrorLevel 2
      Quit
    ${EndIf}
    Delete "$1\uninstall.exe"
    RMDir "$1"
  ${EndIf}

  ClearErrors
  !insertmacro InstallFiles
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${Errors}
    MessageBox MB_OK|MB_ICONSTOP "Not every file could be written to $INSTDIR. Is the disk full, or the folder another's?" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}

  CreateShortcut "$SMPROGRAMS\${PRODUCT}.lnk" "$INSTDIR\${EXE}" "" "$INSTDIR\${EXE}" 0 SW_SHOWNORMAL "" "${SUMMARY}"
  WriteRegStr HKCU "${APP_PATHS}" "" "$INSTDIR\${EXE}"
  WriteRegStr HKCU "${OWN}" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${OWN}" "Version" "${VERSION}"

  WriteRegStr HKCU "${ENTRY}" "DisplayName" "${PRODUCT}"
  WriteRegStr HKCU "${ENTRY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${ENTRY}" "DisplayIcon" "$INSTDIR\${EXE},0"
  WriteRegStr HKCU "${ENTRY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${ENTRY}" "Comments" "${SUMMARY}"
  WriteRegStr HKCU "${ENTRY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${ENTRY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${ENTRY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${ENTRY}" "EstimatedSize" ${KB}
  WriteRegDWORD HKCU "${ENTRY}" "NoModify" 1
  WriteRegDWORD HKCU "${ENTRY}" "NoRepair" 1
SectionEnd

Section "Open recordings (.${EXTENSION}) with ${PRODUCT}" ASSOCIATION
  WriteRegStr HKCU "${CLASSES}\${PROGID}" "" "${RECORDING}"
  WriteRegStr HKCU "${CLASSES}\${PROGID}\DefaultIcon" "" "$INSTDIR\${EXE},0"
  WriteRegStr HKCU "${CLASSES}\${PROGID}\shell\open\command" "" '"$INSTDIR\${EXE}" "%1"'
  WriteRegStr HKCU "${CLASSES}\.${EXTENSION}" "" "${PROGID}"
  WriteRegStr HKCU "${CLASSES}\.${EXTENSION}" "Content Type" "${MEDIA_TYPE}"
  WriteRegNone HKCU "${CLASSES}\.${EXTENSION}\OpenWithProgids" "${PROGID}"
  !insertmacro TellShell
SectionEnd

Section /o "Icon on the desktop" DESKTOP
  CreateShortcut "$DESKTOP\${PRODUCT}.lnk" "$INSTDIR\${EXE}" "" "$INSTDIR\${EXE}" 0 SW_SHOWNORMAL "" "${SUMMARY}"
SectionEnd

LangString ABOUT_PROGRAM 1033 "The program, its entry in the Start menu and its uninstaller. Updates an older version; settings, alert rules, history and recordings stay."
LangString ABOUT_ASSOCIATION 1033 "A double click on a .${EXTENSION} file opens it in ${PRODUCT}."
LangString ABOUT_DESKTOP 1033 "A second icon, on the desktop."
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${PROGRAM} $(ABOUT_PROGRAM)
  !insertmacro MUI_DESCRIPTION_TEXT ${ASSOCIATION} $(ABOUT_ASSOCIATION)
  !insertmacro MUI_DESCRIPTION_TEXT ${DESKTOP} $(ABOUT_DESKTOP)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastBuild} ${OLDEST_BUILD}
    MessageBox MB_OK|MB_ICONSTOP "${PRODUCT} needs a 64-bit Windows 10, version 1809, or newer. Nothing was installed." /SD IDOK
    SetErrorLevel 5
    Quit
  ${EndIf}
  SetShellVarContext current

  ReadRegStr $1 HKCU "${OWN}" "Version"
  ${If} $1 != ""
    ${VersionCompare} "$1" "${VERSION}" $2
    ${If} $2 == 1
      MessageBox MB_OK|MB_ICONSTOP "${PRODUCT} $1 is installed, which is newer than ${VERSION}. An older version would not read what the newer one has written, so nothing was changed. To go back all the same, uninstall $1 first." /SD IDOK
      SetErrorLevel 4
      Quit
    ${EndIf}
  ${EndIf}
  ${If} ${FileExists} "$DESKTOP\${PRODUCT}.lnk"
    SectionGetFlags ${DESKTOP} $1
    IntOp $1 $1 | ${SF_SELECTED}
    SectionSetFlags ${DESKTOP} $1
  ${EndIf}
  !insertmacro RefuseWhileRunning "$INSTDIR"
FunctionEnd

; The folder of the user's data is not a place for the program: removing one would meet the other.
Function .onVerifyInstDir
  ${If} $INSTDIR == "${USER_DATA}"
    Abort
  ${EndIf}
FunctionEnd

Function un.onInit
  SetShellVarContext current
  !insertmacro RefuseWhileRunning "$INSTDIR"
FunctionEnd

Section "un.${PRODUCT}"
  !insertmacro RefuseWhileRunning "$INSTDIR"
  !insertmacro DeleteFiles
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"

  Delete "$SMPROGRAMS\${PRODUCT}.lnk"
  Delete "$DESKTOP\${PRODUCT}.lnk"
  DeleteRegKey HKCU "${APP_PATHS}"
  DeleteRegKey HKCU "${CLASSES}\${PROGID}"
  DeleteRegValue HKCU "${CLASSES}\.${EXTENSION}\OpenWithProgids" "${PROGID}"
  DeleteRegKey /ifempty HKCU "${CLASSES}\.${EXTENSION}\OpenWithProgids"
  ReadRegStr $1 HKCU "${CLASSES}\.${EXTENSION}" ""
  ${If} $1 == "${PROGID}" ; another program may have taken it since
    DeleteRegValue HKCU "${CLASSES}\.${EXTENSION}" ""
    DeleteRegValue HKCU "${CLASSES}\.${EXTENSION}" "Content Type"
    DeleteRegKey /ifempty HKCU "${CLASSES}\.${EXTENSION}"
  ${EndIf}
  DeleteRegKey HKCU "${ENTRY}"
  DeleteRegKey HKCU "${OWN}"
  !insertmacro TellShell

  RMDir /r "${CACHE}" ; compiled kernels, which are made again
  ${If} ${FileExists} "${USER_DATA}\*.*"
    ${If} ${Cmd} `MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Shall your own data go too: settings, layouts, alert rules, the history and the recordings in ${USER_DATA}? They cannot be brought back. No keeps them for a later installation." /SD IDNO IDYES`
      ClearErrors
      RMDir /r "${USER_DATA}"
      ${If} ${Errors}
        MessageBox MB_OK|MB_ICONEXCLAMATION "Something in ${USER_DATA} is in use and was left there." /SD IDOK
      ${EndIf}
    ${EndIf}
  ${EndIf}
SectionEnd
