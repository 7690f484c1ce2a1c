"""The style sheet of the whole program, made from a theme. Roles it knows, set with `widget.setProperty("role", …)`:

QFrame and QWidget: bar, panel, card, well, line · QPushButton: primary, segment, chip, link, icon · QLabel: title,
caption, note, alert · QListView: contents. A field with the property `invalid` set to "true" gets the alert outline.
"""

from __future__ import annotations

from liqdesk.ui.theme import Theme


def style_sheet(t: Theme) -> str:
    """Return the style sheet of the whole program."""
    px = t.px
    return f"""
QMainWindow, QMainWindow::separator {{ background: {t.window}; }}
QMainWindow::separator {{ width: 3px; height: 3px; }}
QMainWindow::separator:hover {{ background: {t.border}; }}
QTabBar {{ background: {t.window}; border: none; qproperty-drawBase: 0; }}
QTabBar::tab {{ background: {t.window}; color: {t.text2}; border: none; border-bottom: 1px solid {t.window}; padding: 0 {px(10)}px;
  height: {px(25)}px; }}
QTabBar::tab:hover {{ background: {t.hover}; color: {t.text1}; }}
QTabBar::tab:selected {{ background: {t.panel}; color: {t.text1}; border-bottom: 1px solid {t.panel}; }}
QTabBar:focus {{ color: {t.focus}; }}
QDialog {{ background: {t.panel}; }}
QWidget {{ outline: none; }}
QLabel {{ color: {t.text1}; background: transparent; }}
QLabel[role="title"] {{ color: {t.text2}; }}
QLabel[role="caption"] {{ color: {t.text2}; }}
QLabel[role="note"] {{ color: {t.text3}; }}
QLabel[role="alert"] {{ color: {t.alert}; }}
QLabel:disabled {{ color: {t.text3}; }}
QFrame[role="bar"], QWidget[role="bar"], QFrame[role="panel"], QWidget[role="panel"] {{ background: {t.panel}; }}
QFrame[role="card"] {{ background: {t.panel}; border: 1px solid {t.border}; border-radius: {px(6)}px; }}
QFrame[role="well"] {{ background: {t.window}; border: 1px solid {t.line}; border-radius: {px(4)}px; }}
QFrame[role="line"] {{ background: {t.line}; border: none; max-height: 1px; min-height: 1px; }}

QPushButton {{ background: {t.raised}; color: {t.text1}; border: 1px solid {t.border}; border-radius: {px(4)}px;
  padding: 0 {px(10)}px; min-height: {px(24)}px; }}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed {{ background: {t.selected}; }}
QPushButton:focus {{ border-color: {t.focus}; }}
QPushButton:disabled {{ color: {t.text3}; border-color: {t.line}; }}
QDialog QPushButton {{ min-height: {px(26)}px; padding: 0 {px(14)}px; }}
QPushButton[role="primary"] {{ background: {t.text1}; color: {t.ink}; border-color: {t.text1}; font-weight: 600; }}
QPushButton[role="primary"]:hover {{ background: {t.text2}; border-color: {t.text2}; }}
QPushButton[role="primary"]:focus {{ border-color: {t.focus}; }}
QPushButton[role="primary"]:disabled {{ background: {t.raised}; color: {t.text3}; border-color: {t.border}; }}
QPushButton[role="segment"] {{ background: transparent; color: {t.text2}; border: 1px solid transparent;
  border-radius: {px(3)}px; padding: 0 {px(7)}px; min-height: {px(20)}px; font-weight: 500; }}
QPushButton[role="segment"]:hover {{ background: {t.hover}; color: {t.text1}; }}
QPushButton[role="segment"]:checked {{ background: {t.selected}; color: {t.text1}; font-weight: 600; }}
QPushButton[role="segment"]:focus {{ border-color: {t.focus}; }}
QPushButton[role="chip"] {{ background: transparent; color: {t.text3}; border: 1px solid {t.line};
  padding: 0 {px(8)}px; }}
QPushButton[role="chip"]:checked {{ background: {t.raised}; color: {t.text1}; border-color: {t.border};
  font-weight: 600; }}
QPushButton[role="chip"]:hover {{ background: {t.hover}; color: {t.text1}; }}
QPushButton[role="chip"]:focus {{ border-color: {t.focus}; }}
QPushButton[role="link"] {{ background: transparent; border: 1px solid transparent; color: {t.text2};
  padding: 0 {px(4)}px; min-height: {px(18)}px; font-weight: 600; }}
QPushButton[role="link"]:hover {{ color: {t.text1}; background: transparent; text-decoration: underline; }}
QPushButton[role="link"]:focus {{ border-color: {t.focus}; }}
QPushButton[role="icon"], QToolButton {{ background: transparent; border: 1px solid transparent;
  border-radius: {px(4)}px;
  padding: 0; min-height: {px(24)}px; min-width: {px(24)}px; color: {t.text2}; }}
QPushButton[role="icon"]:hover, QToolButton:hover {{ background: {t.hover}; color: {t.text1}; }}
QPushButton[role="icon"]:focus, QToolButton:focus {{ border-color: {t.focus}; }}

QLineEdit, QComboBox, QAbstractSpinBox, QDateTimeEdit {{ background: {t.window}; color: {t.text1};
  border: 1px solid {t.border};
  border-radius: {px(4)}px; padding: 0 {px(8)}px; min-height: {px(26)}px; selection-background-color: {t.border};
  selection-color: {t.text1}; }}
QLineEdit:hover, QComboBox:hover, QAbstractSpinBox:hover {{ border-color: {t.text3}; }}
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{ border-color: {t.focus}; }}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {t.text3}; border-color: {t.line}; }}
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"] {{ border-color: {t.alert}; }}
QComboBox::drop-down {{ border: none; width: {px(18)}px; }}
QComboBox QAbstractItemView {{ background: {t.raised}; color: {t.text1}; border: 1px solid {t.border};
  selection-background-color: {t.hover}; selection-color: {t.text1}; padding: {px(4)}px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QCheckBox, QRadioButton {{ color: {t.text1}; spacing: {px(7)}px; background: transparent; }}
QCheckBox::indicator, QRadioButton::indicator {{ width: {px(14)}px; height: {px(14)}px; border: 1px solid {t.border};
  background: {t.window}; border-radius: {px(3)}px; }}
QRadioButton::indicator {{ border-radius: {px(8)}px; }}
QCheckBox::indicator:checked, QRadioButton::indicator:checked {{ background: {t.text1}; border-color: {t.text1}; }}
QCheckBox:focus, QRadioButton:focus {{ color: {t.text1}; }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {t.focus}; }}

QListView, QTreeView, QTableView {{ background: {t.panel}; color: {t.text1}; border: none;
  selection-background-color: {t.selected};
  selection-color: {t.text1}; }}
QListView::item:hover, QTreeView::item:hover {{ background: {t.hover}; }}
QListView::item:selected, QTreeView::item:selected {{ background: {t.row}; color: {t.text1}; }}
QListView[role="contents"]::item {{ padding: {px(4)}px {px(8)}px; border-radius: {px(3)}px; color: {t.text2}; }}
QListView[role="contents"]::item:hover, QListView[role="contents"]::item:selected {{ color: {t.text1}; }}
QMenu {{ background: {t.raised}; color: {t.text1}; border: 1px solid {t.border}; padding: {px(4)}px; }}
QMenu::item {{ padding: {px(5)}px {px(20)}px {px(5)}px {px(14)}px; border-radius: {px(3)}px; background: transparent; }}
QMenu::item:selected {{ background: {t.hover}; color: {t.text1}; }}
QMenu::indicator {{ width: {px(13)}px; height: {px(13)}px; left: {px(4)}px; border: none; background: transparent; }}
QMenu::right-arrow {{ width: {px(12)}px; height: {px(12)}px; right: {px(4)}px; border: none; background: transparent; }}
QMenu::item:disabled {{ color: {t.text3}; }}
QMenu::separator {{ height: 1px; background: {t.border}; margin: {px(4)}px {px(6)}px; }}
QToolTip {{ background: {t.raised}; color: {t.text1}; border: 1px solid {t.border}; padding: {px(4)}px {px(6)}px; }}
QScrollArea {{ background: transparent; border: none; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: {px(8)}px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {px(8)}px; margin: 0; }}
QScrollBar::handle {{ background: {t.border}; border-radius: {px(3)}px; margin: 1px; min-height: {px(24)}px;
  min-width: {px(24)}px; }}
QScrollBar::handle:hover {{ background: {t.text3}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page,
  QScrollBar::sub-page {{ background: transparent; border: none;
  width: 0; height: 0; }}
QTextBrowser, QPlainTextEdit {{ background: {t.panel}; color: {t.text1}; border: none;
  selection-background-color: {t.border}; }}
QProgressBar {{ background: {t.window}; border: none; border-radius: {px(3)}px; max-height: {px(4)}px; }}
QProgressBar::chunk {{ background: {t.text2}; border-radius: {px(3)}px; }}
"""
