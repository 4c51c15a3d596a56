// 简体中文。

import type { Words } from "./words.svelte";

export const zh: Words = {
  nav: { pages: "页面", onAir: "播出", playlists: "节目单", schedule: "时间表", media: "媒体", asrun: "播出记录", system: "系统", more: "更多", skip: "跳到正文" },
  plate: {
    onAir: "播出中", unchecked: "播出中", fallback: "备播", notArriving: "未送达", starting: "启动中", stopping: "停止中", lost: "与引擎断开", connecting: "连接中",
    notChecked: "未核对是否送达",
  },
  path: {
    label: "信号链路", programme: "节目", encoder: "编码", sending: "发送", arriving: "送达",
    replaced: "已替换", notYet: "尚未", runs: "运行中", notKnown: "未知", notChecked: "未核对", notConfirmed: "未确认",
    seen: (ago) => `${ago}前见到`,
    outputs: (n) => `${n} 路输出`,
    publishing: "推流中", connecting: "连接中", waiting: "等待中", stopped: "已停止",
    well: "正常", fault: "故障", unknown: "未知",
  },
  bar: {
    nothing: "尚无节目播出", opening: "正在打开第一个条目", stopping: "频道正在停止",
    left: (t) => `剩余 ${t}`, then: (title, at) => (at ? `接着 ${at} ${title}` : `接着 ${title}`), live: "直播，无结束时间",
    nothingReaches: (target) => `没有内容到达 ${target}`,
    unconfirmed: (by) => `${by || "服务器"} 未确认收到码流`,
    instead: (title) => `正在替代播出，原应播出 ${title}`, slateInstead: "正在播出垫片图",
    heldBy: (who) => `${who} 已静帧`, slatedBy: (who) => `${who} 已切到垫片图`,
    since: (at) => `自 ${at}`, sinceLabel: "自",
    attempt: (n, in_s) => (in_s > 0 ? `第 ${n} 次尝试，${in_s} 秒后重试。` : `第 ${n} 次尝试。`), outputStopped: "输出已停止。",
    noAnswer: "条目没有送出内容。",
    lost: "与引擎断开", lostLine: (at) => (at ? `最后见到 ${at}。下方内容可能已过时；恢复后会自动更新。` : "引擎没有响应。恢复后本页会自动更新。"),
    lasts: "已持续", notArriving: "未送达", onFallback: "备播", further: (n) => `另有 ${n} 个故障`,
  },
  user: {
    menu: "选项", signedIn: (name, role) => (name ? `${name}，${role}` : "本机访问：允许全部操作"), signOut: "退出登录",
    theme: "主题", system: "跟随系统", dark: "深色", light: "浅色", language: "语言",
    letters: "启用单字母快捷键", sticky: "粘滞键：按两次代替长按", compact: "紧凑行，不显示文件名", help: "键盘",
    roles: { "": "全部", viewer: "查看者", operator: "操作员", admin: "管理员" },
  },
  login: { title: "登录", name: "用户名", password: "密码", submit: "登录", away: "引擎没有响应，再试一次。", for: (channel) => `到 ${channel}` },
  press: { again: "再按一次", tooLate: "尚无应答；以播出画面为准", undo: "撤销", notAllowed: (role) => `需要“${role}”角色`, noLink: "与引擎断开" },
  common: {
    cancel: "取消", close: "关闭", save: "保存", remove: "移除", delete: "删除", rename: "重命名", search: "搜索", retry: "重试", reading: "读取中…", none: "–", unknown: "未知", yes: "是", no: "否", more: "更多", open: "打开", add: "添加", all: "全部", today: "今天", copy: "复制", done: "完成", edit: "编辑",
    away: "引擎没有应答。",
  },
  kinds: { base: "基础", hard: "定时硬切", soft: "顺延起播", take: "切播", filler: "垫片", slate: "垫片图", live: "直播", hold: "静帧" },
  help: {
    title: "键盘", everywhere: "任何页面", keys: "键盘帮助", searchField: "搜索", goTo: "前往…", thenPage: "G，然后 O P S M A Y：切换页面", cancel: "取消、清除",
    groups: {
      air: { title: "播出", rows: [["↑ ↓", "选行"], ["Enter", "待播"], ["按住 T", "切播"], ["N", "待播条目排为下一个"], ["按住 S", "跳过"], ["按住 H", "静帧"], ["按住 L", "垫片图"], ["Ctrl Z", "撤销"]] },
      playlists: { title: "节目单", rows: [["↑ ↓", "选行，加 Shift 扩选"], ["Space", "选中"], ["Alt ↑ ↓", "移动"], ["Del", "移除"], ["Ctrl Z, Ctrl Shift Z", "撤销、重做"], ["Ctrl S", "保存"]] },
      trim: { title: "修剪", rows: [["Space", "播放"], ["← →", "一帧，加 Shift 一秒"], ["I O", "设入点、出点"], ["Shift I O", "跳到该点"], ["J K L", "后退、停、前进"]] },
      schedule: { title: "时间表", rows: [["← →", "日"], ["T", "今天"], ["↑ ↓", "起播"], ["Alt ↑ ↓", "移动 1 分钟，加 Shift 1 小时"], ["Enter", "编辑"]] },
    },
  },
  onair: {},
  playlists: {},
  schedule: {},
  media: {},
  asrun: {},
  system: {},
};
