/** Family names and look-alike words. Recognition data, never shown to anybody. */

/** The family names most people bear (compound ones first, so that 欧阳 is not read as 欧). */
export const SURNAMES: readonly string[] = [
  ...'欧阳 司徒 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司马 夏侯 端木 百里 宇文 长孙 司空 申屠 呼延 轩辕 南宫 钟离 淳于 鲜于 公冶 赫连 独孤 纳兰 闾丘 亓官'.split(
    ' ',
  ),
  ...Array.from(
    '王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙' +
      '贺陶顾毛郝龚邵万钱严赖覃洪武莫孔汤常温康施牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟申欧殷詹关柳祝左涂凌甘邬柯简游阮蓝卓冼麦区关骆苗纪缪盛尤闵骆娄花费卞路霍古童祁冉伏成戚' +
      '肖闫卫华褚喻窦奚俞鲍岑滕臧狄茅虞裘裴荀甄芮靳糜宓郗栾郜蓟邰蔺莘阙晁阚鞠竺佘鄢逄谌匡寇穆湛禹屈刁翁蒲敖桓耿晏瞿茹',
  ),
];

/**
 * Family names that are everyday words as well (毕业, 项目). They count only before a form of address (毕先生) and after a cue
 * (客户毕晓): alone they would make names of half the dictionary.
 */
export const EVERYDAY_SURNAMES =
  '项席季封祖符景辛毕柏舒焦仲桑柴艾廉付宗郁贝米池桂尚冷沙仇宁云储曲荣吉官阳皮卜乐谈巫厉戎鄂屠巩荆衡昌';

/** And those that begin so many words (单身, 车贷, 全款, 明天) that only the form of address tells: 全总, 车老板. */
export const ADDRESSED_SURNAMES = '解单车包代支管平元边农党富班居步满国文查全索印劳强房明时';

/** Words of this trade that begin like a family name. A match that starts with one of them is not a name. */
export const NOT_NAMES: readonly string[] = `
周转 周一 周二 周三 周四 周五 周六 周日 周末 周期 高级 高新 方便 方案 方式 金额 金融 石家庄
成都 江苏 江西 江北 江阴 安徽 安排 常州 常熟 常用 温州 武汉 武昌 康复 汤臣 黄金 黄埔 马上
于是 向南 万元 万块 钱款 钱急 何时 何记 余额 余款 余杭 白户 白云 白领 任何 任务 关于 关系
关联 古镇 易贷 路过 路口 路边 费用 花费 花呗 成功 成立 成交 成本 申请 简单 简版 严重 左右
安全 安心 安稳 盛世 宋城 海珠 龙岗 龙华 龙湖 金牛 金华 田间 林业 朱家 杨浦 徐汇 徐州 苏州
陆续 唐山 郑州 罗湖 秦皇岛 曾经 程序 程度 章程 许多 许可 应该 高新区 高利 高额 高中 时间 区域
区间 游戏 麦当劳 万达 常住 常驻 施工 汪汪 夏天 段时间 史上 牛奶 叶子 石材 石油 金店 汽车 欧元
方向 丁克 雷克萨斯 林肯 江门 贺州 贺卡 孟买 尤其 祝好 蓝领 童装 洪山 伏天 冉冉 毛利 毛坯
毛坯房 顾客 顾问 龙头 谢谢 谢了 万一 元整 包头 房贷 童装店 何必 何况 陈述 陈旧 贾汪 胡同 高管
高龄 夏季 殷实 申报 申诉 施压 温馨 麻烦 安装 安置 安置房 成员 成年 成人 金税 金桥 金山 盛大
侯马 钟楼 邓州 魏都 柳州 柳南 莫名 白天 白条 白酒 连三 路费 苗圃 卓越 聂荣 严格 齐了 齐全
齐套 于洪 曹县 孔雀 孙子 任职 任意 高速 田地 黄了 梁平 常规 常见 钱不 钱是 钱要 万吨 方才
贺喜 花都 金水 金湾 马路 马桶 江宁 江汉 江夏 江干 江岸 龙泉
卫生 卫浴 卫星 卫校 华为 华夏 华润 华南 华东 华北 华中 华侨 华强 华泰 屈臣 蒲公英 耿直 翁婿 湛江 禹州 匡算
穆斯林 茅台 项目 席位 季度 季节 季末 封闭 封控 祖屋 祖籍 祖国 祖宅 符合 景区 景点 景德镇 辛苦 毕业 毕竟 毕节
舒服 焦急 焦作 仲裁 桑拿 柴油 艾灸 廉租 廉价 付款 付清 付首 付了 付息 付不 宗地 贝壳 池州 桂林 尚未 尚可 尚有 冷库
冷链 冷静 沙发 沙场 沙石 宁波 宁德 宁可 宁愿 云南 云浮 储备 储蓄 曲靖 荣誉 吉林 吉安 官网 官司 阳光 阳江 阳台
乐意 乐山 谈妥 谈好 谈了 谈过 谈价 皮革 皮具 米粉 米店 阳性 巫山 厉害 鄂州 屠宰 巩义 荆州 荆门 衡阳 衡水 昌平
高薪 成熟
`
  .trim()
  .split(/\s+/u);
