document.title = document.title.trim()

export {}
