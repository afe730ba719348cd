import{t as o}from"./page-copying-CRTVeADZ.js";o(document,"Copied");
