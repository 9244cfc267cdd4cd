"""Traditional characters and variants for the simplified ones that tell an order to a model. Pure.

A whole dictionary (OpenCC, 1.3 MB) would be loaded for the 172 characters that `injection` and
`hearsay` look for; a test holds that those which an order cannot do without stand here.
"""

from __future__ import annotations

_TRADITIONAL = (
    "與專業嚴個箇為爲於產産從們會倫體關養內寫況準齣則剛創別彆製辦務動昇陞協單卽廳縣參蔘發髮變隻枱檯臺颱閤"
    "衕後嚮曏員迴團糰墰壇壜罈罎處備復複頭學實審對導將侷屬並併應廢開異棄張噹當總戶纔執拋報據敎無時顯朮術機"
    "權條査標樣覈檢沒洩註滿點獄現畫畵蓋碼礎確競筆簽籤係繫約級練終經結繞繪給絕絶統職緻慮錶見規視認訓議訊記"
    "講許論設評訴詞話該語誤說説請讀課責購賦賽踐輪輔輸邊達過這適埰寀採裏裡鈅鑰銷問閱閲隊麪麫麵項須鬚預領題"
    "額舘館駁驗齊"
)
_SIMPLIFIED = (
    "与专业严个个为为于产产从们会伦体关养内写况准出则刚创别别制办务动升升协单即厅县参参发发变只台台台台合"
    "同后向向员回团团坛坛坛坛坛处备复复头学实审对导将局属并并应废开异弃张当当总户才执抛报据教无时显术术机"
    "权条查标样核检没泄注满点狱现画画盖码础确竞笔签签系系约级练终经结绕绘给绝绝统职致虑表见规视认训议讯记"
    "讲许论设评诉词话该语误说说请读课责购赋赛践轮辅输边达过这适采采采里里钥钥销问阅阅队面面面项须须预领题"
    "额馆馆驳验齐"
)
SIMPLIFIED = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
