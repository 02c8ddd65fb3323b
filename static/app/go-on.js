// Presses the only button of a page that is just a step of the way. Without scripts the reader presses it.
document.querySelector("form[data-go-on]")?.requestSubmit();
