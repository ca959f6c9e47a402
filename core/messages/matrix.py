"""Sentences about formulas and matrices."""

SENTENCES: dict[str, tuple[str, str]] = {
    # formulas
    "expression_long": (
        "A formula may have at most {most} characters: shorten it.",
        "一个式子最多 {most} 个字符：请缩短。",
    ),
    "expression_deep": (
        "The brackets stand more than {most} deep: write it more simply.",
        "括号嵌套超过 {most} 层：请写得简单一些。",
    ),
    "expression_word": (
        "“{word}” is not known here: use numbers, pi, e, i, and functions such as sqrt(2), exp(1), sin(1).",
        "不认识“{word}”：请用数字、pi、e、i，以及 sqrt(2)、exp(1)、sin(1) 之类的函数。",
    ),
    "expression_form": (
        "“{text}” is no formula that can be read: write it like 1/3, sqrt(2), 2*pi or 1+2i.",
        "“{text}”不是能读懂的式子：请写成 1/3、sqrt(2)、2*pi、1+2i 这样。",
    ),
    "expression_value": (
        "“{text}” has no finite value: correct it.",
        "“{text}”没有有限的值：请改正。",
    ),
    # reading a matrix
    "matrix_empty": (
        "There is no matrix: write one, such as 1 2; 3 4.",
        "没有矩阵：请写一个，例如 1 2; 3 4。",
    ),
    "matrix_ragged": (
        "Row {row} has {found} numbers where row 1 has {wanted}: give every row as many.",
        "第 {row} 行有 {found} 个数，第 1 行有 {wanted} 个：请让各行一样长。",
    ),
    "matrix_not_square": (
        "The matrix has {rows} rows and {columns} columns: it must be square.",
        "矩阵有 {rows} 行 {columns} 列：须为方阵。",
    ),
    "matrix_not_finite": (
        "The entry in row {row}, column {column} is not finite: give a number.",
        "第 {row} 行第 {column} 列不是有限的数：请给一个数。",
    ),
    "matrix_too_large": (
        "The matrix has {found:,} rows or columns; at most {most:,} can be computed: take a smaller one.",
        "矩阵有 {found:,} 行或列，最多可算 {most:,}：请用小一些的矩阵。",
    ),
    "matrix_entries_huge": (
        "Entries may be at most {most} in size: scale the matrix down.",
        "元素的绝对值最大为 {most}：请把矩阵缩小。",
    ),
    "matrix_text_long": (
        "The text has more than {most:,} characters: upload the matrix as .npy or .csv, or take a smaller one.",
        "文字超过 {most:,} 个字符：请上传 .npy 或 .csv 文件，或用小一些的矩阵。",
    ),
    "matrix_many_formulas": (
        "Formulas may stand in at most {most:,} entries: write larger matrices with plain numbers.",
        "最多 {most:,} 个元素可以是式子：更大的矩阵请写普通的数。",
    ),
    "matrix_brackets": (
        "The brackets do not match: write a matrix like [[1, 2], [3, 4]].",
        "括号不配对：请写成 [[1, 2], [3, 4]] 这样。",
    ),
    "matrix_numbers": (
        "The matrix must hold numbers.",
        "矩阵的元素须为数。",
    ),
    "matrix_file_kind": (
        "{file} is of a kind that is not read here: save the matrix as .csv, .txt or .npy.",
        "这里读不了 {file} 这种文件：请把矩阵存为 .csv、.txt 或 .npy。",
    ),
    "matrix_file_large": (
        "{file} is larger than {megabytes} MB: take a smaller matrix, or save it as .npy.",
        "{file} 超过 {megabytes} MB：请用小一些的矩阵，或存为 .npy。",
    ),
    "matrix_npy": (
        "{file} is no NumPy file of one matrix of numbers: save it with numpy.save, without objects.",
        "{file} 不是只含一个数值矩阵的 NumPy 文件：请用 numpy.save 保存，且不含对象。",
    ),
    "matrix_gone": (
        "The uploaded matrix is no longer kept: open the file again.",
        "上传的矩阵已不再保留：请重新打开文件。",
    ),
    # what is computed
    "matrix_only_to": (
        "This is computed for matrices up to {most} x {most}: take a smaller one.",
        "这一项只算到 {most} x {most}：请用小一些的矩阵。",
    ),
    "matrix_formulas_long": (
        "The formulas have more than {most:,} characters in all: write shorter ones, or plain numbers.",
        "所有式子合计超过 {most:,} 个字符：请写短一些，或改用普通的数。",
    ),
    "matrix_norm_digits": (
        "So many digits of so many rows are computed for norms up to {most}: ask for fewer digits, or scale it down.",
        "这么多行、这么多位数字只算到范数 {most}：请少要几位，或把矩阵缩小。",
    ),
    "matrix_norm": (
        "This is computed for matrices of norm up to {most}: scale the matrix down.",
        "这一项只算到范数 {most}：请把矩阵缩小。",
    ),
    "matrix_sizes": (
        "Both matrices must be of the same size: the second one has {found} rows, the first {wanted}.",
        "两个矩阵须一样大：第二个有 {found} 行，第一个有 {wanted} 行。",
    ),
    "matrix_not_rational": (
        "The exact answer wants small rational entries: at most {digits} digits, matrices up to {most} x {most}.",
        "精确结果只算元素为不长的有理数的矩阵：最多 {digits} 位数字，矩阵最大 {most} x {most}。",
    ),
    "matrix_no_formula": (
        "The eigenvalues of this matrix have no short formula: take the answer to many digits instead.",
        "这个矩阵的特征值没有简短的公式：请改看多位数字的结果。",
    ),
    "matrix_flow": (
        "The flow can be drawn for real matrices of 2 x 2 or 3 x 3: take one of these.",
        "流动图只画 2 x 2 或 3 x 3 的实矩阵：请换一个。",
    ),
    "matrix_no_logarithm": (
        "exp(A) is singular to the last digit of a double, so its logarithm cannot be computed: scale the matrix down.",
        "exp(A) 在双精度下已是奇异矩阵，无法求对数：请把矩阵缩小。",
    ),
}
