function e(e,t=""){let n=e.trim().toLowerCase(),o=`@${t.toLowerCase()}`,r=t&&n.endsWith(o)?n.slice(0,-o.length):n;return r in{}?r+o:r}export{e as t};
