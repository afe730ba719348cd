function n(n){try{return localStorage.getItem(n)}catch{return null}}function t(t){return"never"!==t&&"on"===(n("imd.sound")??t)||"on"===n("imd.notify")}export{n,t};
