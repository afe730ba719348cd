var e=new WeakMap;function n(n){let t=e.get(n)??new Map;return e.set(n,t),t}function t(e,n){return Math.max(0,(new TextEncoder).encode(e).length-n)}export{t as n,n as t};
