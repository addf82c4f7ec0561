mod expressions;
mod paths;
mod rendering;
