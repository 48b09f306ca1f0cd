"""What ``run.py`` says, in Chinese and in English.

These sentences are needed before anything is installed, so they stand apart from :mod:`layers.texts`.
"""

from __future__ import annotations

import sys

SENTENCES: dict[str, tuple[str, str]] = {
    "making": ("正在 .venv 中建立运行环境……", "Making the environment in .venv …"),
    "installing": (
        "正在安装 {lock} 所列的库（首次需几分钟）……",
        "Installing the libraries of {lock} (minutes the first time) …",
    ),
    "installing_wheels": (
        "正在从 wheels/ 安装 {lock} 所列的库，不联网……",
        "Installing the libraries of {lock} from wheels/, without network …",
    ),
    "pip_instead": ("uv 未能完成，改用 pip。", "uv did not manage, going on with pip."),
    "warming": ("正在编译计算内核（只需一次）……", "Compiling the search kernels (once only) …"),
    "not_warm": ("内核未能预先编译，首次计算会慢一些。", "The kernels were not compiled ahead; the first computation will be slower."),
    "ready": ("运行环境已就绪，用时 {seconds:.0f} 秒。", "The environment is ready after {seconds:.0f} s."),
    "no_venv": (
        "这个 Python（{python}）缺少 venv 或 ensurepip 模块，无法建立运行环境："
        "Debian/Ubuntu 请安装 python3-venv，Windows 请重装 python.org 的完整版。",
        "This Python ({python}) lacks the module venv or ensurepip, so no environment can be made: on Debian or Ubuntu install python3-venv, "
        "on Windows install the full version from python.org.",
    ),
    "no_network": (
        "无法取得安装所需的库：本机连不上软件源，run.py 旁边也没有可用的 wheels/ 文件夹。"
        "请联网后重试，或使用在联网电脑上由 run.py bundle 制作的离线包。",
        "The libraries could not be had: no package index answers and there is no usable folder wheels/ beside run.py. "
        "Connect to the network and try again, or use the offline bundle that run.py bundle makes on a connected computer.",
    ),
    "wheels_lack": (
        "wheels/ 文件夹中没有适合本机的全部库：本机是 Python {version}（{machine}），请用离线包说明中所列的 Python 版本，或重新制作离线包。",
        "The folder wheels/ lacks some library for this computer, which has Python {version} ({machine}): use one of the Python versions that the "
        "bundle names, or make the bundle anew.",
    ),
    "bad_hash": (
        "下载的文件与 {lock} 中的校验值不符，未予安装：请重试；仍然如此则软件源或离线包已损坏，请更换。",
        "A downloaded file does not match its hash in {lock} and was not installed: try again, then use another index or bundle.",
    ),
    "disk_full": (
        "磁盘空间不足：{folder} 所在磁盘仅余 {free:.1f} GB，安装约需 {needed:.1f} GB，请腾出空间后重试。",
        "The disk is full: {free:.1f} GB are left where {folder} lies and about {needed:.1f} GB are needed; make room and try again.",
    ),
    "no_right": (
        "无权写入 {folder}：请把本文件夹移到自己有权写入的位置，或关闭正在使用它的程序后重试。",
        "{folder} cannot be written: move this folder to where you may write, or close the program that uses it, and try again.",
    ),
    "failed": ("安装未完成（{step}）：{reason}", "The installation was not completed ({step}): {reason}"),
    "no_git": (
        "制作离线包需要在 git 工作副本中运行，并已安装 git。",
        "A bundle is made from a git work tree, with git installed.",
    ),
    "no_wheel": (
        "平台 {platform} 缺少以下库的安装文件，离线包未制作：{missing}",
        "These libraries have no wheel for {platform}, so no bundle was made: {missing}",
    ),
    "bundled": ("离线包已制作：{path}（{size:.0f} MB，{count} 个库文件）。", "Bundle written: {path} ({size:.0f} MB, {count} wheels)."),
    "downloading": ("正在下载 {platform} · Python {version} 的库……", "Downloading the libraries for {platform}, Python {version} …"),
    "demo": ("未指定县域文件夹，使用演示县 {folder}。", "No county folder was named: the demo county in {folder} is used."),
    "outputs": ("成果文件夹：{folder}", "The outputs are in {folder}"),
    "passed": ("检查通过：{checks}", "Checks passed: {checks}"),
    "not_passed": ("检查未通过：{checks}", "Checks not passed: {checks}"),
    "unknown": ("没有“{command}”这个命令。", 'There is no command "{command}".'),
}

HELP = """\
布局 Buju —— 民政服务设施布局规划 · layout planning of civil-affairs facilities

用法 Usage:  python run.py 命令 [参数 …]

  plan [县域文件夹 DIR]  编制布局规划,成果写入其 outputs/；不指定则使用演示县
                         Plan a county into its outputs/; the demo county when no folder is named
  app [县域文件夹 DIR]   打开规划师界面（仅本机可访问）
                         Open the planner's app, reachable from this computer only
  test [pytest 参数]     运行测试 · Run the tests
  check                  检查代码风格、类型与架构 · Check style, types and architecture
  bundle [--platform win_amd64|linux_x86_64] [--python 3.11 3.12 3.13]
                         制作离线安装包 · Make the bundle for an office without internet

首次运行会在 .venv 中安装所需的库；旁边有 wheels/ 文件夹时不联网。
The first run installs what is needed into .venv, without network when there is a folder wheels/ beside run.py.
"""


def sentence(code: str, **values: object) -> str:
    """Return the Chinese sentence of ``code`` and the English one below it."""
    zh, en = SENTENCES[code]
    return f"{zh.format(**values)}\n{en.format(**values)}"


def tell(code: str, **values: object) -> None:
    """Print a sentence for the person at the terminal."""
    print(sentence(code, **values), file=sys.stderr, flush=True)
