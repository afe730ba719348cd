function e(e,n){return Math.max(0,(new TextEncoder).encode(e).length-n)}export{e as t};
