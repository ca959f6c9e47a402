"""Words of the tab 标题."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_titling": ("Titles", "标题"),
    "article": ("Article", "文章"),
    "article_placeholder": (
        "Paste an article here, drop a file, or choose an example below.",
        "在这里粘贴文章、拖入文件，或点下面的例子。",
    ),
    "title_model": ("Model", "模型"),
    "title_model_info": (
        "The BERT with the UniLM mask, the LSTMs of the 2018 post, or the titles of both side by side.",
        "带 UniLM 掩码的 BERT、2018 年原文的 LSTM，或两者并排对照。",
    ),
    "title_model_unilm": ("BERT + UniLM", "BERT + UniLM"),
    "title_model_seq2seq": ("Seq2seq of 2018", "2018 年的 seq2seq"),
    "title_model_both": ("Both", "两者对照"),
    "count": ("Number of titles", "标题个数"),
    "write": ("Write titles", "写标题"),
    "method": ("How to search", "解码方法"),
    "method_beam": ("Beam search", "束搜索"),
    "method_sample": ("Random sampling", "随机采样"),
    "beams": ("Beams", "束宽"),
    "beams_info": ("More of them search wider and take longer.", "越大找得越广，也越慢。"),
    "temperature": ("Temperature", "温度"),
    "temperature_info": ("Higher is more daring.", "越高越大胆。"),
    "top_k": ("Top k", "top-k"),
    "top_k_info": ("Only the k likeliest characters; 0 is off.", "只在概率最高的 k 个字里选；0 为不限。"),
    "top_p": ("Top p", "top-p"),
    "top_p_info": ("Only the likeliest that make up this share.", "只在累计概率达到 p 的字里选。"),
    "seed": ("Seed", "随机种子"),
    "seed_info": ("The same seed gives the same titles.", "种子相同，标题就相同。"),
    "min_length": ("Shortest title", "最短长度"),
    "max_length": ("Longest title", "最长长度"),
    "no_repeat": ("No repeated n-grams of", "不许重复的 n-gram 长度"),
    "no_repeat_info": ("So many characters in a row come once; 0 is off.", "连续这么多字只出现一次；0 为不限。"),
    "example_news": ("News", "新闻"),
    "example_abstract": ("Abstract", "论文摘要"),
    "example_technology": ("Technology", "科技"),
    "example_sport": ("Sport", "体育"),
    "example_finance": ("Finance", "财经"),
    "example_story": ("Story", "故事"),
}

PHRASES: dict[str, tuple[str, str]] = {
    "waiting_for_model": (
        "The model is loading. Your titles will be written as soon as it is ready; nothing is lost.",
        "模型正在载入。一就绪就为您写标题，内容不会丢失。",
    ),
    "writing": ("Reading the article …", "正在读文章……"),
    "nothing_yet": ("The titles will stand here.", "标题会写在这里。"),
    "wrote_unilm": ("BERT + UniLM", "BERT + UniLM"),
    "wrote_seq2seq": ("Seq2seq of 2018: BiLSTM, attention, prior", "2018 年的 seq2seq：双向 LSTM、注意力、先验"),
    "writes_next": ("Writes next …", "接着写……"),
    "no_title": (
        "The model found no title. Try other settings under “More”.",
        "模型没有写出标题。请试试“更多选项”里的其他设置。",
    ),
    "stopped": ("Stopped.", "已停止。"),
    "score": ("mean log-probability of a piece", "每个词片的平均对数概率"),
    "in_article": (
        "Marked: what the title took from the article. Point at a title to see where its words stand.",
        "标出的是标题取自原文的字。指向一个标题，看它的字出自何处。",
    ),
    "read_all": ("all {characters} characters read", "读完全部 {characters} 字"),
    "read_part": ("{read} of {characters} characters read", "读了 {characters} 字中的 {read} 字"),
    "read_part_why": (
        "The article is longer than the model reads: its beginning and the sentences with most of its keywords were "
        "read, {read} of {characters} characters.",
        "文章超出模型一次能读的长度：读了开头和关键词最多的句子，共 {characters} 字中的 {read} 字。",
    ),
    "shown_part": (
        "The first {shown} characters are shown.",
        "只显示前 {shown} 字。",
    ),
}
