//! What each named value means.

use crate::models::recurrent::{PREDICTION, SCORES, share, signed};
use crate::models::{Axes, ValueDoc};

/// Those with scopes stand before those of the same name without, which are about all others.
pub const VALUES: &[ValueDoc] = &[
    signed("input", "The symbol's row of the table, times √d", "符号在嵌入表中的那一行，乘以 √d"),
    signed(
        "position",
        "What is added to the symbol to say where it stands",
        "加到符号上的位置信息：说明它在第几个位置",
    ),
    signed(
        "stream",
        "The residual stream: every sub-layer reads it and adds to it",
        "残差流：每个子层都读取它，再把结果加回去",
    ),
    signed(
        "normed",
        "The stream, normalised row by row, as the sub-layer reads it",
        "逐行归一化后的残差流，供子层读取",
    ),
    signed("update", "What the sub-layer adds to the stream", "子层加到残差流上的内容"),
    signed(
        "sum",
        "The stream plus the sub-layer's result, before it is normalised",
        "残差流加上子层的结果，尚未归一化",
    ),
    signed("query", "What this position asks for", "这个位置要找什么（查询）"),
    signed("cross.key", "How a source position can be found", "源序列的一个位置怎样被找到（键）"),
    signed("key", "How this position can be found by others", "这个位置怎样被别的位置找到（键）"),
    signed(
        "cross.value",
        "What a source position gives to those that attend to it",
        "源序列的一个位置交给关注它的位置的内容（值）",
    ),
    signed(
        "value",
        "What this position gives to those that attend to it",
        "这个位置交给关注它的位置的内容（值）",
    ),
    signed("rotated_query", "The query, turned by its position", "按位置旋转后的查询"),
    signed(
        "cross.rotated_key",
        "The key of a source position, turned by it",
        "按源序列位置旋转后的键",
    ),
    signed("rotated_key", "The key, turned by its position", "按位置旋转后的键"),
    signed(
        "cross.score",
        "How well the query fits each source position's key",
        "查询与源序列每个位置的键有多匹配",
    )
    .over(Axes::Source),
    signed("score", "How well the query fits each position's key", "查询与每个位置的键有多匹配")
        .over(Axes::Own),
    signed(
        "cross.scaled",
        "The score divided by the root of the head's width",
        "得分除以头宽度的平方根",
    )
    .over(Axes::Source),
    signed("scaled", "The score divided by the root of the head's width", "得分除以头宽度的平方根")
        .over(Axes::Own),
    signed(
        "cross.bias",
        "Minus the head's slope times the distance",
        "负的斜率乘以距离，每个头的斜率不同",
    )
    .over(Axes::Source),
    signed(
        "bias",
        "Minus the head's slope times the distance",
        "负的斜率乘以距离，每个头的斜率不同",
    )
    .over(Axes::Own),
    signed(
        "cross.biased",
        "The scaled score with the bias for the distance",
        "缩放后的得分加上距离偏置",
    )
    .over(Axes::Source),
    signed("biased", "The scaled score with the bias for the distance", "缩放后的得分加上距离偏置")
        .over(Axes::Own),
    signed(
        "mask",
        "0 where a position may look, −∞ where another comes later",
        "可以看的地方是 0，后面的位置是 −∞",
    )
    .over(Axes::Own),
    signed(
        "masked",
        "The score that is left where the position may look",
        "加上掩码后的得分：不能看的地方是 −∞",
    )
    .over(Axes::Own),
    share(
        "cross.attention",
        "How much attention goes to each source position",
        "分给源序列每个位置的注意力",
    )
    .over(Axes::Source),
    share("attention", "How much attention goes to each position", "分给每个位置的注意力")
        .over(Axes::Own),
    signed("mixed", "The values, mixed by attention", "按注意力加权求和的值"),
    signed("joined", "What all heads found, side by side", "所有头的结果拼接在一起"),
    signed("inner", "The inner layer of the feed-forward network", "前馈网络的中间层"),
    signed("memory", "What the decoder reads of the source", "编码器交给解码器读取的内容"),
    SCORES,
    PREDICTION,
];
